import { binaryOp } from './elementwise.js';

/** \`a − b\`. */
export const sub = binaryOp({
  name: 'sub',
  dtypes: ['f32', 'i32'],
  reference: (a, b) => a - b,
  grad: (g, _a, _b, dy) => [dy, g.neg(dy)],
});
