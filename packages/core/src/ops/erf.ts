import { unaryOp } from './unary.js';

const SQRT_PI = Math.sqrt(Math.PI);

/** `erf x` to float64's precision: the Taylor series near 0, the continued fraction of `erfc` away from it. */
function erfOf(x: number): number {
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

/** The Gauss error function, `2/√π ∫₀ˣ e^(−t²) dt`. */
export const erf = unaryOp({
  name: 'erf',
  reference: erfOf,
  grad: (g, { input: x, dOutput: dy }) => g.mul(dy, g.mul(2 / SQRT_PI, g.exp(g.neg(g.mul(x, x))))),
});
