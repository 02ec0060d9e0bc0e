import { binaryOp } from './elementwise.js';

/** `a ∧ b`: bool. */
export const logicalAnd = binaryOp({
  name: 'logicalAnd',
  dtypes: ['bool'],
  result: 'bool',
  reference: (a, b) => a & b,
});
