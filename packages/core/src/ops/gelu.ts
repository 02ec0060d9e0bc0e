import type { Tensor } from '../graph/tensor.js';
import { expectInputs, expectSpec } from '../tensor/checks.js';
import { defineComposite } from './define.js';

/** Which form of GELU. */
export interface GeluAttributes extends Readonly<Record<string, string>> {
  readonly approximate: 'none' | 'tanh';
}

// Of the tanh approximation.
const SCALE = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/**
 * The Gaussian error linear unit. `none`: `x · Φ(x) = ½x(1 + erf(x/√2))`;
 * `tanh`: `½x(1 + tanh(√(2/π)(x + 0.044715x³)))`, GPT-2's `gelu_new`.
 *
 * Source: Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016).
 */
export const gelu = defineComposite(
  'gelu',
  (g, [x], { approximate }: GeluAttributes) => {
    const half = g.mul(0.5, x);
    if (approximate === 'none') return g.mul(half, g.add(1, g.erf(g.mul(x, Math.SQRT1_2))));
    const inner = g.mul(g.mul(SCALE, x), g.add(1, g.mul(CUBIC, g.square(x))));
    return g.mul(half, g.add(1, g.tanh(inner)));
  },
  {
    check: (inputs) => expectInputs('gelu', inputs, ['f32']),
    grad: (g, { inputs: [x], attrs, dOutput }) => g.applyAll('geluGrad', [x!, dOutput], attrs),
  },
);

/** Gradient of {@link gelu}: `x f32[…]`, `dy f32[…]` → `dx f32[…]`. */
export const geluGrad = defineComposite(
  'geluGrad',
  (g, [x, dy]: readonly [Tensor, Tensor], { approximate }: GeluAttributes) => {
    const square = g.square(x);
    if (approximate === 'none') {
      const cumulative = g.mul(0.5, g.add(1, g.erf(g.mul(x, Math.SQRT1_2))));
      const density = g.mul(1 / Math.sqrt(2 * Math.PI), g.exp(g.mul(-0.5, square)));
      return g.mul(dy, g.add(cumulative, g.mul(x, density)));
    }
    const t = g.tanh(g.mul(g.mul(SCALE, x), g.add(1, g.mul(CUBIC, square))));
    const slope = g.mul(SCALE, g.add(1, g.mul(3 * CUBIC, square)));
    const bend = g.mul(g.mul(x, g.sub(1, g.square(t))), slope);
    return g.mul(dy, g.mul(0.5, g.add(g.add(1, t), bend)));
  },
  {
    check: (inputs) => {
      expectInputs('geluGrad', inputs, ['f32', 'f32']);
      expectSpec('geluGrad', 'dy', inputs[1]!, inputs[0]!);
    },
  },
);
