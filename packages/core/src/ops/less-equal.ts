import { binaryOp } from './elementwise.js';

/** `a ≤ b`: bool. */
export const lessEqual = binaryOp({
  name: 'lessEqual',
  dtypes: ['f32', 'i32'],
  result: 'bool',
  reference: (a, b) => Number(a <= b),
});
