import { binaryOp } from './elementwise.js';

/** The smaller of `a` and `b`. Where they are equal the gradient goes to `a`. */
export const minimum = binaryOp({
  name: 'minimum',
  dtypes: ['f32', 'i32'],
  reference: Math.min,
  grad: (g, a, b, dy) => {
    const fromB = g.less(b, a);
    return [g.select(fromB, 0, dy), g.select(fromB, dy, 0)];
  },
});
