import { unaryOp } from './elementwise.js';

/** The hyperbolic tangent. */
export const tanh = unaryOp({
  name: 'tanh',
  reference: Math.tanh,
  grad: (g, { output: y, dOutput: dy }) => g.mul(dy, g.sub(1, g.mul(y, y))),
});
