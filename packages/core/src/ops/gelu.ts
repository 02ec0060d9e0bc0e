import { unaryOp } from './elementwise.js';
import { erfOf } from './erf.js';

/** Which form of GELU. */
export interface GeluAttributes extends Readonly<Record<string, string>> {
  readonly approximate: 'none' | 'tanh';
}

/** `√(2/π)`, of the tanh approximation. */
export const GELU_SCALE = Math.sqrt(2 / Math.PI);
/** The cubic coefficient of the tanh approximation. */
export const GELU_CUBIC = 0.044715;

/**
 * The Gaussian error linear unit. `none`: `x · Φ(x) = ½x(1 + erf(x/√2))`;
 * `tanh`: `½x(1 + tanh(√(2/π)(x + 0.044715x³)))`, GPT-2's `gelu_new`.
 *
 * Source: Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016).
 */
export const gelu = unaryOp<GeluAttributes>({
  name: 'gelu',
  reference: (x, { approximate }) =>
    approximate === 'tanh'
      ? 0.5 * x * (1 + Math.tanh(GELU_SCALE * (x + GELU_CUBIC * x ** 3)))
      : 0.5 * x * (1 + erfOf(x * Math.SQRT1_2)),
  grad: (g, { input: x, dOutput: dy, attrs }) => g.applyAll('geluGrad', [x, dy], attrs)[0]!,
  decompose: (g, x, { approximate }) => {
    const half = g.mul(0.5, x);
    if (approximate === 'none') return g.mul(half, g.add(1, g.erf(g.mul(x, Math.SQRT1_2))));
    const inner = g.mul(g.mul(GELU_SCALE, x), g.add(1, g.mul(GELU_CUBIC, g.square(x))));
    return g.mul(half, g.add(1, g.tanh(inner)));
  },
});
