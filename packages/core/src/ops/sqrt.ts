import { unaryOp } from './elementwise.js';

/** The square root. */
export const sqrt = unaryOp({
  name: 'sqrt',
  reference: Math.sqrt,
  grad: (g, { output: y, dOutput: dy }) => g.div(g.mul(dy, 0.5), y),
});
