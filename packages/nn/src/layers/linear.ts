import type { GraphBuilder, Initializer, Tensor } from '@attune/core';
import { fill, normal } from '../init/initializers.js';
import { Module } from '../module/module.js';
import { Param } from '../module/param.js';

/** Options of {@link Linear}. */
export interface LinearOptions {
  readonly bias?: boolean;
  /** How the weight is stored: `in-out`, as GPT-2's Conv1D stores it, or `out-in`, as `torch.nn.Linear`. Default `in-out`. */
  readonly layout?: 'in-out' | 'out-in';
  /** Default: normal with standard deviation 0.02. */
  readonly init?: Initializer;
}

/** `x · W + b`: `f32[…, in] → f32[…, out]`. */
export class Linear extends Module {
  readonly weight: Param;
  readonly bias?: Param;
  /** How the weight is stored: `[in, out]` or `[out, in]`. */
  readonly layout: 'in-out' | 'out-in';

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    { bias = true, init = normal(0.02), layout = 'in-out' }: LinearOptions = {},
  ) {
    super();
    this.layout = layout;
    this.weight = new Param(
      layout === 'in-out' ? [inFeatures, outFeatures] : [outFeatures, inFeatures],
      init,
      { channelAxis: layout === 'in-out' ? 1 : 0 },
    );
    if (bias) this.bias = new Param([outFeatures], fill(0));
  }

  forward(g: GraphBuilder, x: Tensor): Tensor {
    const product = this.product(g, x);
    return this.bias ? g.add(product, this.bias.on(g)) : product;
  }

  /** The weight, `f32[out, in]`, if the layer computes `x · Wᵀ` and nothing else. */
  plainWeight(g: GraphBuilder): Tensor | undefined {
    return this.layout === 'out-in' && !this.bias ? this.weight.on(g) : undefined;
  }

  /** `x · W`, without the bias. */
  protected product(g: GraphBuilder, x: Tensor): Tensor {
    return g.matmul(x, this.weight.on(g), { transposeB: this.layout === 'out-in' });
  }
}
