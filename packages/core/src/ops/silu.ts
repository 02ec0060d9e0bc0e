import { unaryOp } from './elementwise.js';

/**
 * The sigmoid linear unit, also called Swish: `x · σ(x)`, with the gradient `σ(x) · (1 + x · (1 − σ(x)))`.
 *
 * Source: Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016); `torch.nn.functional.silu`.
 */
export const silu = unaryOp({
  name: 'silu',
  reference: (x) => x / (1 + Math.exp(-x)),
  grad: (g, { input: x, dOutput: dy }) => {
    const s = g.sigmoid(x);
    return g.mul(dy, g.mul(s, g.add(1, g.mul(x, g.sub(1, s)))));
  },
  decompose: (g, x) => g.mul(x, g.sigmoid(x)),
});
