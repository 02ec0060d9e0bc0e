import type { GraphBuilder } from '../graph/builder.js';
import type { Tensor } from '../graph/tensor.js';
import type { NdArray } from '../interpreter/nd-array.js';
import { expectInputs, expectRank, expectSpec } from './checks.js';
import { defineOp } from './define-op.js';
import { forEachRow } from './rows.js';

/** What is added to the variance before its root is taken. */
export interface LayerNormAttributes extends Readonly<Record<string, number>> {
  readonly epsilon: number;
}

/** `(x − mean) / √(variance + epsilon)` over the last axis, in ops of the graph, with `1 / √…` beside it. */
export function normalizeRows(g: GraphBuilder, x: Tensor, epsilon: number): { normal: Tensor; rstd: Tensor } {
  const centered = g.sub(x, g.mean(x, [-1], true));
  const rstd = g.rsqrt(g.add(g.mean(g.square(centered), [-1], true), epsilon));
  return { normal: g.mul(centered, rstd), rstd };
}

/** Mean and `1 / √(variance + epsilon)` of a row; the variance divides by N. */
export function rowMoments(
  x: NdArray,
  start: number,
  end: number,
  epsilon: number,
): { mean: number; rstd: number } {
  let mean = 0;
  for (let i = start; i < end; i++) mean += x.data[i]!;
  mean /= end - start;
  let variance = 0;
  for (let i = start; i < end; i++) variance += (x.data[i]! - mean) ** 2;
  return { mean, rstd: 1 / Math.sqrt(variance / (end - start) + epsilon) };
}

/**
 * Layer normalisation over the last axis: `x f32[…, C]`, `weight f32[C]`, `bias f32[C]` (may be missing) → `f32[…, C]`.
 *
 * Source: Ba, Kiros and Hinton, "Layer Normalization" (2016); `torch.nn.functional.layer_norm`.
 */
export const layerNorm = defineOp<LayerNormAttributes>({
  name: 'layerNorm',
  infer: (inputs) => {
    expectInputs('layerNorm', inputs, ['f32', 'f32', 'f32'], 1);
    const [x, ...affine] = inputs;
    expectRank('layerNorm', 'x', x!, 1);
    affine.forEach((input, i) =>
      expectSpec('layerNorm', i === 0 ? 'weight' : 'bias', input, {
        shape: [x!.shape.at(-1)!],
        dtype: 'f32',
      }),
    );
    return [x!];
  },
  grad: (g, { inputs: [x, weight, bias], attrs, dOutput }) => {
    const [dx, dWeight, dBias] = g.applyAll('layerNormGrad', [x!, weight!, dOutput], attrs);
    return bias ? [dx, dWeight, dBias] : [dx, dWeight];
  },
  decompose: (g, [x, weight, bias], { epsilon }) => {
    const scaled = g.mul(normalizeRows(g, x!, epsilon).normal, weight!);
    return [bias ? g.add(scaled, bias) : scaled];
  },
  reference: ([x, weight, bias], { epsilon }, allocate) => {
    const out = allocate(x!);
    forEachRow(x!, (start, end) => {
      const { mean, rstd } = rowMoments(x!, start, end, epsilon);
      for (let i = start; i < end; i++) {
        const normal = (x!.data[i]! - mean) * rstd;
        out.data[i] = normal * weight!.data[i - start]! + (bias ? bias.data[i - start]! : 0);
      }
    });
    return [out];
  },
});
