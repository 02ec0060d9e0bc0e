import { unaryOp } from './elementwise.js';

/** \`1 / (1 + e⁻ˣ)\`. */
export const sigmoid = unaryOp({
  name: 'sigmoid',
  reference: (x) => 1 / (1 + Math.exp(-x)),
  grad: (g, { output: y, dOutput: dy }) => g.mul(dy, g.mul(y, g.sub(1, y))),
});
