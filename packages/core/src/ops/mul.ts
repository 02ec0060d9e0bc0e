import { binaryOp } from './elementwise.js';

/** \`a · b\`. */
export const mul = binaryOp({
  name: 'mul',
  dtypes: ['f32', 'i32'],
  reference: (a, b) => a * b,
  grad: (g, a, b, dy) => [g.mul(dy, b), g.mul(dy, a)],
});
