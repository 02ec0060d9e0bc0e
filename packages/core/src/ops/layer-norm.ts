import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectInputs, expectRank, expectSpec } from '../tensor/checks.js';
import { defineComposite } from './define.js';

/** The epsilon that is added to the variance before its root is taken. */
export interface LayerNormAttributes extends Readonly<Record<string, number>> {
  readonly epsilon: number;
}

/** `(x − mean) / √(variance + epsilon)` over the last axis, with `1 / √…` beside it. The variance divides by N. */
function normalizeRows(g: Vocabulary, x: Tensor, epsilon: number): { normal: Tensor; rstd: Tensor } {
  const centered = g.sub(x, g.mean(x, [-1], true));
  const rstd = g.rsqrt(g.add(g.mean(g.square(centered), [-1], true), epsilon));
  return { normal: g.mul(centered, rstd), rstd };
}

/**
 * Layer normalisation over the last axis: `x f32[…, C]`, `weight f32[C]`, `bias f32[C]` (may be missing) → `f32[…, C]`.
 *
 * Source: Ba, Kiros and Hinton, "Layer Normalization" (2016); `torch.nn.functional.layer_norm`.
 */
export const layerNorm = defineComposite(
  'layerNorm',
  (g, [x, weight, bias]: readonly [Tensor, Tensor, Tensor?], { epsilon }: LayerNormAttributes) => {
    const scaled = g.mul(normalizeRows(g, x, epsilon).normal, weight);
    return bias ? g.add(scaled, bias) : scaled;
  },
  {
    check: (inputs) => {
      expectInputs('layerNorm', inputs, ['f32', 'f32', 'f32'], 1);
      const [x, ...affine] = inputs;
      expectRank('layerNorm', 'x', x!, 1);
      affine.forEach((input, i) =>
        expectSpec('layerNorm', i === 0 ? 'weight' : 'bias', input, {
          shape: [x!.shape.at(-1)!],
          dtype: 'f32',
        }),
      );
    },
    grad: (g, { inputs: [x, weight, bias], attrs, dOutput }) => {
      const [dx, dWeight, dBias] = g.applyAll('layerNormGrad', [x!, weight!, dOutput], attrs);
      return bias ? [dx, dWeight, dBias] : [dx, dWeight];
    },
  },
);

/**
 * Gradient of {@link layerNorm}: `x f32[…, C]`, `weight f32[C]`, `dy f32[…, C]` →
 * `dx f32[…, C]`, `dWeight f32[C]`, `dBias f32[C]`.
 *
 * With `n = (x − mean) · rstd` and `w = dy · weight`: `dx = rstd · (w − mean(w) − n · mean(w · n))`,
 * `dWeight = Σ dy · n`, `dBias = Σ dy`.
 */
export const layerNormGrad = defineComposite(
  'layerNormGrad',
  (g, [x, weight, dy]: readonly [Tensor, Tensor, Tensor], { epsilon }: LayerNormAttributes) => {
    const { normal, rstd } = normalizeRows(g, x, epsilon);
    const weighted = g.mul(dy, weight);
    const projection = g.mul(normal, g.mean(g.mul(weighted, normal), [-1], true));
    const dx = g.mul(rstd, g.sub(g.sub(weighted, g.mean(weighted, [-1], true)), projection));
    return [dx, g.sumTo(g.mul(dy, normal), weight.shape), g.sumTo(dy, weight.shape)];
  },
  {
    check: (inputs) => {
      expectInputs('layerNormGrad', inputs, ['f32', 'f32', 'f32']);
      const [x, weight, dy] = inputs;
      expectSpec('layerNormGrad', 'weight', weight!, { shape: [x!.shape.at(-1)!], dtype: 'f32' });
      expectSpec('layerNormGrad', 'dy', dy!, x!);
    },
  },
);
