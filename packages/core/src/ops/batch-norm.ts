import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectInputs, expectRank, expectSpec } from '../tensor/checks.js';
import { sizeOf, type Shape, type TensorSpec } from '../tensor/index.js';
import { defineComposite } from './define.js';

/** The epsilon that is added to the variance before its root is taken. */
export interface BatchNormAttributes extends Readonly<Record<string, number>> {
  readonly epsilon: number;
}

type Three = readonly [Tensor, Tensor, Tensor];

/** Every axis but that of the channels, which is the second. */
function batchAxes(shape: Shape): number[] {
  return shape.map((_, axis) => axis).filter((axis) => axis !== 1);
}

/** A vector `[C]` as `[C, 1, …]`, which broadcasts against `[N, C, …]`. */
function alongChannels(g: Vocabulary, vector: Tensor, rank: number): Tensor {
  return g.reshape(vector, [vector.shape[0]!, ...new Array<number>(rank - 2).fill(1)]);
}

/** `(x − mean) / √(variance + epsilon)` by channel. Statistics are `[1, C, 1, …]`; the variance divides by N. */
function normalizeChannels(
  g: Vocabulary,
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

/** @throws AttuneError SHAPE_MISMATCH unless x is `[N, C, …]` and the others `[C]`. */
function expectChannels(op: string, x: TensorSpec, vectors: readonly TensorSpec[]): void {
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
export const batchNorm = defineComposite(
  'batchNorm',
  (g, [x, weight, bias]: Three, { epsilon }: BatchNormAttributes) => {
    const { normal, mean, variance } = normalizeChannels(g, x, epsilon);
    const scaled = g.mul(normal, alongChannels(g, weight, x.rank));
    const y = g.add(scaled, alongChannels(g, bias, x.rank));
    return [y, g.reshape(mean, weight.shape), g.reshape(variance, weight.shape)];
  },
  {
    check: (inputs) => {
      expectInputs('batchNorm', inputs, ['f32', 'f32', 'f32']);
      const [x, weight, bias] = inputs;
      expectChannels('batchNorm', x!, [weight!, bias!]);
    },
    grad: (g, { inputs: [x, weight], attrs, dOutput }) =>
      g.applyAll('batchNormGrad', [x!, weight!, dOutput], attrs),
  },
);

/**
 * Gradient of {@link batchNorm}: `x f32[N, C, …]`, `weight f32[C]`, `dy f32[N, C, …]` →
 * `dx f32[N, C, …]`, `dWeight f32[C]`, `dBias f32[C]`.
 *
 * By channel, with `n = (x − mean) · rstd`: `dx = weight · rstd · (dy − mean(dy) − n · mean(dy · n))`,
 * `dWeight = Σ dy · n`, `dBias = Σ dy`.
 */
export const batchNormGrad = defineComposite(
  'batchNormGrad',
  (g, [x, weight, dy]: Three, { epsilon }: BatchNormAttributes) => {
    const axes = batchAxes(x.shape);
    const { normal, rstd } = normalizeChannels(g, x, epsilon);
    const count = sizeOf(x.shape) / weight.shape[0]!;
    const dBias = g.sum(dy, axes, true);
    const dWeight = g.sum(g.mul(dy, normal), axes, true);
    const projection = g.mul(normal, g.mul(dWeight, 1 / count));
    const inner = g.sub(g.sub(dy, g.mul(dBias, 1 / count)), projection);
    const dx = g.mul(inner, g.mul(rstd, alongChannels(g, weight, x.rank)));
    return [dx, g.reshape(dWeight, weight.shape), g.reshape(dBias, weight.shape)];
  },
  {
    check: (inputs) => {
      expectInputs('batchNormGrad', inputs, ['f32', 'f32', 'f32']);
      const [x, weight, dy] = inputs;
      expectChannels('batchNormGrad', x!, [weight!]);
      expectSpec('batchNormGrad', 'dy', dy!, x!);
    },
  },
);
