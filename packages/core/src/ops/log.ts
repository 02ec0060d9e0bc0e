import { unaryOp } from './elementwise.js';

/** The natural logarithm. */
export const log = unaryOp({
  name: 'log',
  reference: Math.log,
  grad: (g, { input: x, dOutput: dy }) => g.div(dy, x),
});
