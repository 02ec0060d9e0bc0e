import { MAX_F32, sizeOf, type GraphBuilder, type Tensor } from '@attune/core';
import { fill } from '../init/initializers.js';
import { Buffer } from '../module/buffer.js';
import { Module } from '../module/module.js';
import { Param } from '../module/param.js';

/** Options of {@link BatchNorm2d}, with PyTorch's names and defaults. */
export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Share of a new batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
}

/**
 * Batch normalisation of images, `f32[N, C, H, W]`, by channel. In `train()` with the mean and variance of the batch, which
 * also move the running ones: `running ← (1 − momentum) · running + momentum · batch`, the variance divided by one less than
 * the number of elements. In `eval()` with the running ones.
 *
 * Where weight and bias are frozen, it stays in evaluation, whatever the mode: a frozen layer computes what it did when it
 * was trained. (PyTorch asks for `eval()` on such a layer; Keras does the same.)
 *
 * Source: Ioffe and Szegedy, "Batch Normalization" (2015); `torch.nn.BatchNorm2d`.
 */
export class BatchNorm2d extends Module {
  readonly weight: Param;
  readonly bias: Param;
  readonly running_mean: Buffer;
  readonly running_var: Buffer;
  private readonly epsilon: number;
  private readonly momentum: number;

  constructor(
    private readonly channels: number,
    { epsilon = 1e-5, momentum = 0.1 }: BatchNormOptions = {},
  ) {
    super();
    this.epsilon = epsilon;
    this.momentum = momentum;
    this.weight = new Param([channels], fill(1));
    this.bias = new Param([channels], fill(0));
    this.running_mean = new Buffer([channels], fill(0));
    this.running_var = new Buffer([channels], fill(1));
  }

  forward(g: GraphBuilder, x: Tensor): Tensor {
    const frozen = !this.weight.trainable && !this.bias.trainable;
    return this.isTraining(g) && !frozen ? this.byBatch(g, x) : this.byRunning(g, x);
  }

  private byBatch(g: GraphBuilder, x: Tensor): Tensor {
    const { y, mean, variance } = g.batchNorm(x, this.weight.on(g), this.bias.on(g), this.epsilon);
    const count = sizeOf(x.shape) / this.channels;
    this.move(g, this.running_mean, mean);
    this.move(g, this.running_var, g.mul(variance, count / Math.max(1, count - 1)));
    return y;
  }

  /** A batch whose statistics are NaN or infinite leaves no trace: the step that it belongs to will be rejected. */
  private move(g: GraphBuilder, running: Buffer, batch: Tensor): void {
    const before = running.on(g);
    const moved = g.add(g.mul(before, 1 - this.momentum), g.mul(batch, this.momentum));
    running.update(g, g.select(g.lessEqual(g.abs(batch), MAX_F32), moved, before));
  }

  private byRunning(g: GraphBuilder, x: Tensor): Tensor {
    const along = (vector: Tensor) => g.reshape(vector, [this.channels, 1, 1]);
    const scale = g.mul(this.weight.on(g), g.rsqrt(g.add(this.running_var.on(g), this.epsilon)));
    const shift = g.sub(this.bias.on(g), g.mul(this.running_mean.on(g), scale));
    return g.add(g.mul(x, along(scale)), along(shift));
  }
}
