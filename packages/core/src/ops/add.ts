import { binaryOp } from './elementwise.js';

/** \`a + b\`. */
export const add = binaryOp({
  name: 'add',
  dtypes: ['f32', 'i32'],
  reference: (a, b) => a + b,
  grad: (_g, _a, _b, dy) => [dy, dy],
});
