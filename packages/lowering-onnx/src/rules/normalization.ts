import { hostTensor } from '@attune/core';
import type { NodeContext, Rule } from './context.js';
import type { OnnxValue } from '../writer/graph-writer.js';

/**
 * `(x − mean) / √(variance + epsilon)` over the last axis, and the reciprocal of that root.
 *
 * The mean is taken off before onnxruntime's own node sees the rows: it computes the variance in one pass, as
 * `E[x²] − E[x]²`, which cancels where the mean is large.
 */
function normalize(
  { ops, target, attrs }: NodeContext,
  x: OnnxValue,
): { normal: OnnxValue; rstd: OnnxValue } {
  const epsilon = attrs['epsilon'] as number;
  const axis = x.shape.length - 1;
  const centered = ops.sub(x, ops.mean(x, axis));
  if (target === 'webgpu') {
    const variance = ops.mean(ops.mul(centered, centered), axis);
    const rstd = ops.unary('Reciprocal', ops.unary('Sqrt', ops.add(variance, epsilon)));
    return { normal: ops.mul(centered, rstd), rstd };
  }
  const width = x.shape[axis]!;
  const ones = ops.w.constant(hostTensor('f32', [width], new Float32Array(width).fill(1)), `ones ${width}`);
  const row = { shape: [...x.shape.slice(0, -1), 1], dtype: 'f32' } as const;
  const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } };
  const [normal, , rstd] = ops.w.applyAll('LayerNormalization', [centered, ones], [x, row, row], attributes);
  return { normal: normal!, rstd: rstd! };
}

const layerNorm: Rule = (c) => {
  const [x, weight, bias] = c.inputs;
  const scaled = c.ops.mul(normalize(c, x!).normal, weight!);
  return [bias ? c.ops.add(scaled, bias) : scaled];
};

/**
 * With `n` the normalised rows and `w` the weight: `dx = rstd · (dy·w − mean(dy·w) − n · mean(dy·w·n))`. Both means are
 * products of a matrix with the vector `w / C`, so that neither `dy·w·n` nor its sums are written out.
 */
const layerNormGrad: Rule = (c) => {
  const { ops } = c;
  const [x, weight, dy] = c.inputs as [OnnxValue, OnnxValue, OnnxValue];
  const { normal, rstd } = normalize(c, x);
  const width = weight.shape[0]!;
  const average = ops.reshape(ops.mul(weight, 1 / width), [width, 1]);
  const projected = ops.mul(dy, normal);
  // A row on its own is a matrix of one row.
  const times = (rows: OnnxValue) =>
    rows.shape.length > 1
      ? ops.matmul(rows, average)
      : ops.reshape(ops.matmul(ops.reshape(rows, [1, width]), average), [1]);
  const shift = times(dy);
  const slope = times(projected);
  const tilted = ops.sub(ops.mul(dy, weight), ops.mul(normal, slope));
  const dx = ops.mul(ops.sub(tilted, shift), rstd);
  const rows = x.shape.slice(0, -1).map((_, axis) => axis);
  const overRows = (value: OnnxValue) => (rows.length === 0 ? value : ops.sum(value, rows, false));
  return [dx, overRows(projected), overRows(dy)];
};

export const normalizationRules = { layerNorm, layerNormGrad } satisfies Record<string, Rule>;
