import type { GraphBuilder, Tensor } from '@attune/core';
import { normal } from '../../init/initializers.js';
import { Linear } from '../../layers/linear.js';
import { Module } from '../../module/module.js';
import type { LlamaConfig } from './config.js';

/**
 * The gated MLP, `down(silu(gate(x)) · up(x))`: `f32[B, T, C] → f32[B, T, C]`.
 *
 * Source: Shazeer, "GLU Variants Improve Transformer" (2020).
 */
export class GatedMlp extends Module {
  readonly gate_proj: Linear;
  readonly up_proj: Linear;
  readonly down_proj: Linear;

  constructor({ nEmbd, intermediateSize, mlpBias: bias, initializerRange }: LlamaConfig) {
    super();
    const project = (inputs: number, outputs: number) =>
      new Linear(inputs, outputs, { bias, layout: 'out-in', init: normal(initializerRange) });
    this.gate_proj = project(nEmbd, intermediateSize);
    this.up_proj = project(nEmbd, intermediateSize);
    this.down_proj = project(intermediateSize, nEmbd);
  }

  forward(g: GraphBuilder, x: Tensor): Tensor {
    const gate = g.silu(this.gate_proj.forward(g, x));
    return this.down_proj.forward(g, g.mul(gate, this.up_proj.forward(g, x)));
  }
}
