import { binaryOp } from './elementwise.js';

/** \`a / b\`. */
export const div = binaryOp({
  name: 'div',
  dtypes: ['f32'],
  reference: (a, b) => a / b,
  grad: (g, _a, b, dy, y) => [g.div(dy, b), g.neg(g.div(g.mul(dy, y), b))],
});
