import type { ConvolutionOptions, Extent, GraphBuilder, Tensor } from '@attune/core';
import { Module } from '../module/module.js';

/** The largest element of each window of an image: `f32[N, C, H, W] → f32[N, C, OH, OW]`. Windows lie side by side by default. */
export class MaxPool2d extends Module {
  constructor(
    private readonly kernel: Extent,
    private readonly options: ConvolutionOptions = {},
  ) {
    super();
  }

  forward(g: GraphBuilder, x: Tensor): Tensor {
    return g.maxPool2d(x, this.kernel, this.options);
  }
}
