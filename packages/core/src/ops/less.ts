import { binaryOp } from './elementwise.js';

/** `a < b`: bool. */
export const less = binaryOp({
  name: 'less',
  dtypes: ['f32', 'i32'],
  result: 'bool',
  reference: (a, b) => Number(a < b),
});
