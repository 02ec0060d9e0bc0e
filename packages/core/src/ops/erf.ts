import { unaryOp } from './elementwise.js';

const SQRT_PI = Math.sqrt(Math.PI);

/** `erf x` to float64's precision: the Taylor series near 0, the continued fraction of `erfc` away from it. */
export function erfOf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / SQRT_PI) * sum;
  }
  // erfc(x) = e^(−x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …)))), evaluated from the inside out.
  let fraction = magnitude;
  for (let k = 60; k > 0; k--) fraction = magnitude + k / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-magnitude * magnitude) / (SQRT_PI * fraction));
}

// Abramowitz and Stegun, Handbook of Mathematical Functions, formula 7.1.26: |error| ≤ 1.5e-7, float32's own step.
const P = 0.3275911;
const A = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429] as const;

/** The Gauss error function, `2/√π ∫₀ˣ e^(−t²) dt`. */
export const erf = unaryOp({
  name: 'erf',
  reference: erfOf,
  grad: (g, { input: x, dOutput: dy }) => g.mul(dy, g.mul(2 / SQRT_PI, g.exp(g.neg(g.mul(x, x))))),
  decompose: (g, x) => {
    const magnitude = g.abs(x);
    const t = g.div(1, g.add(1, g.mul(P, magnitude)));
    const polynomial = A.reduceRight((sum, a) => g.mul(t, g.add(sum, a)), g.constant(0, x.shape));
    const positive = g.sub(1, g.mul(polynomial, g.exp(g.neg(g.mul(x, x)))));
    return g.select(g.less(x, 0), g.neg(positive), positive);
  },
});
