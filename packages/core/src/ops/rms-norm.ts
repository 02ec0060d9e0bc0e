import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectInputs, expectRank, expectSpec } from '../tensor/checks.js';
import { defineComposite } from './define.js';

/** The epsilon that is added to the mean of the squares before its root is taken. */
export interface RmsNormAttributes extends Readonly<Record<string, number>> {
  readonly epsilon: number;
}

/** `1 / √(mean(x²) + epsilon)` over the last axis, kept with length 1. */
function reciprocalRms(g: Vocabulary, x: Tensor, epsilon: number): Tensor {
  return g.rsqrt(g.add(g.mean(g.square(x), [-1], true), epsilon));
}

/**
 * Root mean square normalisation over the last axis: `x f32[…, C]`, `weight f32[C]` → `f32[…, C]`,
 * `x / √(mean(x²) + epsilon) · weight`.
 *
 * Source: Zhang and Sennrich, "Root Mean Square Layer Normalization" (2019); `torch.nn.functional.rms_norm`.
 */
export const rmsNorm = defineComposite(
  'rmsNorm',
  (g, [x, weight]: readonly [Tensor, Tensor], { epsilon }: RmsNormAttributes) =>
    g.mul(g.mul(x, reciprocalRms(g, x, epsilon)), weight),
  {
    check: (inputs) => {
      expectInputs('rmsNorm', inputs, ['f32', 'f32']);
      const [x, weight] = inputs;
      expectRank('rmsNorm', 'x', x!, 1);
      expectSpec('rmsNorm', 'weight', weight!, { shape: [x!.shape.at(-1)!], dtype: 'f32' });
    },
    grad: (g, { inputs: [x, weight], attrs, dOutput }) =>
      g.applyAll('rmsNormGrad', [x!, weight!, dOutput], attrs),
  },
);

/**
 * Gradient of {@link rmsNorm}: `x f32[…, C]`, `weight f32[C]`, `dy f32[…, C]` → `dx f32[…, C]`, `dWeight f32[C]`.
 *
 * With `r = 1 / √(mean(x²) + epsilon)`, `n = x · r` and `w = dy · weight`: `dx = r · (w − n · mean(w · n))`,
 * `dWeight = Σ dy · n`.
 */
export const rmsNormGrad = defineComposite(
  'rmsNormGrad',
  (g, [x, weight, dy]: readonly [Tensor, Tensor, Tensor], { epsilon }: RmsNormAttributes) => {
    const scale = reciprocalRms(g, x, epsilon);
    const normal = g.mul(x, scale);
    const weighted = g.mul(dy, weight);
    const projection = g.mul(normal, g.mean(g.mul(weighted, normal), [-1], true));
    return [g.mul(scale, g.sub(weighted, projection)), g.sumTo(g.mul(dy, normal), weight.shape)];
  },
  {
    check: (inputs) => {
      expectInputs('rmsNormGrad', inputs, ['f32', 'f32', 'f32']);
      const [x, weight, dy] = inputs;
      expectSpec('rmsNormGrad', 'weight', weight!, { shape: [x!.shape.at(-1)!], dtype: 'f32' });
      expectSpec('rmsNormGrad', 'dy', dy!, x!);
    },
  },
);
