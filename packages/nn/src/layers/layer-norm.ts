import type { GraphBuilder, Tensor } from '@attune/core';
import { fill } from '../init/initializers.js';
import { Module } from '../module/module.js';
import { Param } from '../module/param.js';

/** Layer normalisation of the last axis, with a learned scale and, unless it is left out, a learned shift. */
export class LayerNorm extends Module {
  readonly weight: Param;
  readonly bias?: Param;

  constructor(
    width: number,
    private readonly options: { readonly bias: boolean; readonly epsilon: number },
  ) {
    super();
    this.weight = new Param([width], fill(1));
    if (options.bias) this.bias = new Param([width], fill(0));
  }

  forward(g: GraphBuilder, x: Tensor): Tensor {
    return g.layerNorm(x, this.weight.on(g), this.bias?.on(g), this.options.epsilon);
  }
}
