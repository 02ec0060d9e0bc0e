import type { GraphBuilder } from '../graph/builder.js';
import type { Tensor } from '../graph/tensor.js';
import type { NdArray } from '../interpreter/nd-array.js';
import { sizeOf, type Shape, type TensorSpec } from '../tensor/index.js';
import { expectInputs, expectRank, expectSpec } from './checks.js';
import { defineOp } from './define-op.js';

/** What is added to the variance before its root is taken. */
export interface BatchNormAttributes extends Readonly<Record<string, number>> {
  readonly epsilon: number;
}

/** Every axis but that of the channels, which is the second. */
export function batchAxes(shape: Shape): number[] {
  return shape.map((_, axis) => axis).filter((axis) => axis !== 1);
}

/** A vector `[C]` as `[C, 1, …]`, which broadcasts against `[N, C, …]`. */
export function alongChannels(g: GraphBuilder, vector: Tensor, rank: number): Tensor {
  return g.reshape(vector, [vector.shape[0]!, ...new Array<number>(rank - 2).fill(1)]);
}

/** `(x − mean) / √(variance + epsilon)` by channel, in ops of the graph. Statistics are `[1, C, 1, …]`. */
export function normalizeChannels(
  g: GraphBuilder,
  x: Tensor,
  epsilon: number,
): { normal: Tensor; rstd: Tensor; mean: Tensor; variance: Tensor } {
  const axes = batchAxes(x.shape);
  const mean = g.mean(x, axes, true);
  const centered = g.sub(x, mean);
  const variance = g.mean(g.square(centered), axes, true);
  const rstd = g.rsqrt(g.add(variance, epsilon));
  return { normal: g.mul(centered, rstd), rstd, mean, variance };
}

/** Calls `visit` with the channel of each element. */
export function forEachChannel(x: NdArray, visit: (index: number, channel: number) => void): void {
  const channels = x.shape[1]!;
  const inner = sizeOf(x.shape.slice(2));
  for (let index = 0; index < x.size; index++) visit(index, Math.floor(index / inner) % channels);
}

/** Mean and variance of each channel; the variance divides by the number of elements. */
export function channelMoments(x: NdArray): { mean: Float64Array; variance: Float64Array } {
  const channels = x.shape[1]!;
  const count = x.size / channels;
  const mean = new Float64Array(channels);
  forEachChannel(x, (i, channel) => (mean[channel]! += x.data[i]! / count));
  const variance = new Float64Array(channels);
  forEachChannel(x, (i, channel) => (variance[channel]! += (x.data[i]! - mean[channel]!) ** 2 / count));
  return { mean, variance };
}

/** @throws AttuneError SHAPE_MISMATCH unless x is `[N, C, …]` and the others `[C]`. */
export function expectChannels(op: string, x: TensorSpec, vectors: readonly TensorSpec[]): void {
  expectRank(op, 'x', x, 2);
  vectors.forEach((vector, i) =>
    expectSpec(op, i === 0 ? 'weight' : 'bias', vector, { shape: [x.shape[1]!], dtype: 'f32' }),
  );
}

/**
 * Batch normalisation with the statistics of the batch, by channel: `x f32[N, C, …]`, `weight f32[C]`, `bias f32[C]` →
 * `y f32[N, C, …]`, and `mean f32[C]`, `variance f32[C]` (divided by the number of elements) for running statistics. These
 * two carry no gradient.
 *
 * Source: Ioffe and Szegedy, "Batch Normalization" (2015); `torch.nn.functional.batch_norm` with `training=True`.
 */
export const batchNorm = defineOp<BatchNormAttributes>({
  name: 'batchNorm',
  infer: (inputs) => {
    expectInputs('batchNorm', inputs, ['f32', 'f32', 'f32']);
    const [x, weight, bias] = inputs;
    expectChannels('batchNorm', x!, [weight!, bias!]);
    return [x!, weight!, weight!];
  },
  grad: (g, { inputs: [x, weight], attrs, dOutput }) =>
    g.applyAll('batchNormGrad', [x!, weight!, dOutput], attrs),
  decompose: (g, [x, weight, bias], { epsilon }) => {
    const { normal, mean, variance } = normalizeChannels(g, x!, epsilon);
    const scaled = g.mul(normal, alongChannels(g, weight!, x!.rank));
    const y = g.add(scaled, alongChannels(g, bias!, x!.rank));
    return [y, g.reshape(mean, weight!.shape), g.reshape(variance, weight!.shape)];
  },
  reference: ([x, weight, bias], { epsilon }, allocate) => {
    const { mean, variance } = channelMoments(x!);
    const y = allocate(x!);
    forEachChannel(x!, (i, channel) => {
      const normal = (x!.data[i]! - mean[channel]!) / Math.sqrt(variance[channel]! + epsilon);
      y.data[i] = normal * weight!.data[channel]! + bias!.data[channel]!;
    });
    const [means, variances] = [allocate(weight!), allocate(weight!)];
    means.data.set(mean);
    variances.data.set(variance);
    return [y, means, variances];
  },
});
