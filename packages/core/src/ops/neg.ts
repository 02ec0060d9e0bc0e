import { unaryOp } from './elementwise.js';

/** \`−x\`. */
export const neg = unaryOp({
  name: 'neg',
  reference: (x) => -x,
  grad: (g, { dOutput: dy }) => g.neg(dy),
});
