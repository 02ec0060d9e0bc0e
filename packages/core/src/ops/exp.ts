import { unaryOp } from './elementwise.js';

/** \`eˣ\`. */
export const exp = unaryOp({
  name: 'exp',
  reference: Math.exp,
  grad: (g, { output: y, dOutput: dy }) => g.mul(dy, y),
});
