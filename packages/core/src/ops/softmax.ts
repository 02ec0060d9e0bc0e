import { expectInputs, expectRank } from './checks.js';
import { defineOp } from './define-op.js';
import { forEachRow, logSumExp } from './rows.js';

/** `e^xᵢ / Σⱼ e^xⱼ` over the last axis. */
export const softmax = defineOp({
  name: 'softmax',
  infer: (inputs) => {
    expectInputs('softmax', inputs, ['f32']);
    expectRank('softmax', 'x', inputs[0]!, 1);
    return [inputs[0]!];
  },
  // dx = y · (dy − Σ dy·y)
  grad: (g, { output: y, dOutput: dy }) => [g.mul(y, g.sub(dy, g.sum(g.mul(dy, y), [-1], true)))],
  decompose: (g, [x]) => {
    const exponentials = g.exp(g.sub(x!, g.max(x!, [-1], true)));
    return [g.div(exponentials, g.sum(exponentials, [-1], true))];
  },
  reference: ([x], _attrs, allocate) => {
    const out = allocate(x!);
    forEachRow(x!, (start, end) => {
      const total = logSumExp(x!, start, end);
      for (let i = start; i < end; i++) out.data[i] = Math.exp(x!.data[i]! - total);
    });
    return [out];
  },
});
