import { expectInputs, expectRank } from '../tensor/checks.js';
import type { TensorSpec } from '../tensor/index.js';
import { defineComposite } from './define.js';

function checkRows(op: string, inputs: readonly TensorSpec[]): void {
  expectInputs(op, inputs, ['f32']);
  expectRank(op, 'x', inputs[0]!, 1);
}

/** `e^xᵢ / Σⱼ e^xⱼ` over the last axis, shifted by the row's maximum so that nothing overflows. */
export const softmax = defineComposite(
  'softmax',
  (g, [x]) => {
    const exponentials = g.exp(g.sub(x, g.max(x, [-1], true)));
    return g.div(exponentials, g.sum(exponentials, [-1], true));
  },
  {
    check: (inputs) => checkRows('softmax', inputs),
    // dx = y · (dy − Σ dy·y)
    grad: (g, { output: y, dOutput: dy }) => [g.mul(y, g.sub(dy, g.sum(g.mul(dy, y), [-1], true)))],
  },
);

/** `xᵢ − log Σⱼ e^xⱼ` over the last axis, shifted by the row's maximum so that nothing overflows. */
export const logSoftmax = defineComposite(
  'logSoftmax',
  (g, [x]) => {
    const shifted = g.sub(x, g.max(x, [-1], true));
    return g.sub(shifted, g.log(g.sum(g.exp(shifted), [-1], true)));
  },
  {
    check: (inputs) => checkRows('logSoftmax', inputs),
    // dx = dy − eʸ · Σ dy
    grad: (g, { output: y, dOutput: dy }) => [g.sub(dy, g.mul(g.exp(y), g.sum(dy, [-1], true)))],
  },
);
