import { unaryOp } from './elementwise.js';

/** The absolute value; its gradient at 0 is 0. */
export const abs = unaryOp({
  name: 'abs',
  reference: Math.abs,
  grad: (g, { input: x, dOutput: dy }) =>
    g.mul(dy, g.sub(g.cast(g.less(0, x), 'f32'), g.cast(g.less(x, 0), 'f32'))),
});
