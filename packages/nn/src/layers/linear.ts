import type { GraphBuilder, Initializer, Tensor } from '@attune/core';
import { fill, normal } from '../init/initializers.js';
import { Module } from '../module/module.js';
import { Param } from '../module/param.js';

/** Options of {@link Linear}. */
export interface LinearOptions {
  readonly bias?: boolean;
  /** Default: normal with standard deviation 0.02. */
  readonly init?: Initializer;
}

/** `x · W + b`: `f32[…, in] → f32[…, out]`. The weight is stored `[in, out]`, as GPT-2's Conv1D stores it. */
export class Linear extends Module {
  readonly weight: Param;
  readonly bias?: Param;

  constructor(
    inFeatures: number,
    outFeatures: number,
    { bias = true, init = normal(0.02) }: LinearOptions = {},
  ) {
    super();
    this.weight = new Param([inFeatures, outFeatures], init);
    if (bias) this.bias = new Param([outFeatures], fill(0));
  }

  forward(g: GraphBuilder, x: Tensor): Tensor {
    const product = g.matmul(x, this.weight.on(g));
    return this.bias ? g.add(product, this.bias.on(g)) : product;
  }
}
