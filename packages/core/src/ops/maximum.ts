import { binaryOp } from './elementwise.js';

/** The larger of `a` and `b`. Where they are equal the gradient goes to `a`. */
export const maximum = binaryOp({
  name: 'maximum',
  dtypes: ['f32', 'i32'],
  reference: Math.max,
  grad: (g, a, b, dy) => {
    const fromB = g.less(a, b);
    return [g.select(fromB, 0, dy), g.select(fromB, dy, 0)];
  },
});
