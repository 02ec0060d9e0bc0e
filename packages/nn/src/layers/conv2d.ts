import type { ConvolutionOptions, Extent, GraphBuilder, Initializer, Tensor } from '@attune/core';
import { fill, uniform } from '../init/initializers.js';
import { Module } from '../module/module.js';
import { Param } from '../module/param.js';

/** Options of {@link Conv2d}. */
export interface Conv2dOptions extends ConvolutionOptions {
  readonly kernel: Extent;
  readonly bias?: boolean;
  /** Default: uniform in ±1/√(in · kh · kw), as `torch.nn.Conv2d`. */
  readonly init?: Initializer;
}

/** Two-dimensional convolution: `f32[N, in, H, W] → f32[N, out, OH, OW]`. The weight is stored `[out, in, kh, kw]`. */
export class Conv2d extends Module {
  readonly weight: Param;
  readonly bias?: Param;

  constructor(
    inChannels: number,
    outChannels: number,
    private readonly options: Conv2dOptions,
  ) {
    super();
    const { kernel, bias = true } = options;
    const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const init = options.init ?? uniform((inChannels * height * width) ** -0.5);
    this.weight = new Param([outChannels, inChannels, height, width], init);
    if (bias) this.bias = new Param([outChannels], fill(0));
  }

  forward(g: GraphBuilder, x: Tensor): Tensor {
    const product = g.conv2d(x, this.weight.on(g), this.options);
    return this.bias ? g.add(product, g.reshape(this.bias.on(g), [-1, 1, 1])) : product;
  }
}
