import { unaryOp } from './elementwise.js';

/** `1 / √x`. */
export const rsqrt = unaryOp({
  name: 'rsqrt',
  reference: (x) => 1 / Math.sqrt(x),
  grad: (g, { output: y, dOutput: dy }) => g.mul(dy, g.mul(-0.5, g.mul(y, g.mul(y, y)))),
  decompose: (g, x) => g.div(1, g.sqrt(x)),
});
