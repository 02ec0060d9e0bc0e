import type { GraphBuilder, Tensor } from '@attune/core';
import { normal } from '../../init/initializers.js';
import { attend, type AttentionContext } from '../../layers/attend.js';
import { Dropout } from '../../layers/dropout.js';
import { Linear } from '../../layers/linear.js';
import { RmsNorm } from '../../layers/rms-norm.js';
import { Module } from '../../module/module.js';
import type { LlamaConfig } from './config.js';
import type { Rotation } from './rotary.js';

/** Causal self-attention with rotary positions, in which several heads of queries share a head of keys and values. */
export class GroupedQueryAttention extends Module {
  readonly q_proj: Linear;
  readonly k_proj: Linear;
  readonly v_proj: Linear;
  readonly o_proj: Linear;
  private readonly q_norm?: RmsNorm;
  private readonly k_norm?: RmsNorm;
  private readonly dropout: Dropout;
  private readonly headDim: number;
  private readonly window?: number;

  constructor(config: LlamaConfig, layer: number) {
    super();
    const { nEmbd, nHead, nKvHead, headDim, attentionBias, initializerRange, slidingWindow } = config;
    const project = (inputs: number, outputs: number, bias: boolean) =>
      new Linear(inputs, outputs, { bias, layout: 'out-in', init: normal(initializerRange) });
    this.headDim = headDim;
    this.q_proj = project(nEmbd, nHead * headDim, attentionBias !== 'none');
    this.k_proj = project(nEmbd, nKvHead * headDim, attentionBias !== 'none');
    this.v_proj = project(nEmbd, nKvHead * headDim, attentionBias !== 'none');
    this.o_proj = project(nHead * headDim, nEmbd, attentionBias === 'all');
    if (config.qkNorm) {
      this.q_norm = new RmsNorm(headDim, config.rmsNormEpsilon);
      this.k_norm = new RmsNorm(headDim, config.rmsNormEpsilon);
    }
    this.dropout = new Dropout(config.attentionDropout);
    if (slidingWindow?.layers.includes(layer)) this.window = slidingWindow.size;
  }

  forward(g: GraphBuilder, x: Tensor, rotation: Rotation, context: AttentionContext): Tensor {
    const [batch, length] = x.shape as [number, number];
    const heads = (projected: Tensor, norm?: RmsNorm) => {
      const split = g.reshape(projected, [batch, length, -1, this.headDim]);
      return g.transpose(norm ? norm.forward(g, split) : split, [0, 2, 1, 3]); // [B, heads, T, D]
    };
    const turn = (rows: Tensor) => g.rope(rows, rotation.cos, rotation.sin);
    const q = turn(heads(this.q_proj.forward(g, x), this.q_norm));
    const k = turn(heads(this.k_proj.forward(g, x), this.k_norm));
    const v = heads(this.v_proj.forward(g, x));
    const { path, window, dropout } = this;
    const mixed = g.transpose(attend(g, { path, q, k, v, window }, context, dropout), [0, 2, 1, 3]);
    return this.o_proj.forward(g, g.reshape(mixed, [batch, length, -1]));
  }
}
