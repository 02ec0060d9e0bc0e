import { expectInputs, expectRank } from './checks.js';
import { defineOp } from './define-op.js';
import { forEachRow, logSumExp } from './rows.js';

/** `xᵢ − log Σⱼ e^xⱼ` over the last axis. */
export const logSoftmax = defineOp({
  name: 'logSoftmax',
  infer: (inputs) => {
    expectInputs('logSoftmax', inputs, ['f32']);
    expectRank('logSoftmax', 'x', inputs[0]!, 1);
    return [inputs[0]!];
  },
  // dx = dy − eʸ · Σ dy
  grad: (g, { output: y, dOutput: dy }) => [g.sub(dy, g.mul(g.exp(y), g.sum(dy, [-1], true)))],
  decompose: (g, [x]) => {
    const shifted = g.sub(x!, g.max(x!, [-1], true));
    return [g.sub(shifted, g.log(g.sum(g.exp(shifted), [-1], true)))];
  },
  reference: ([x], _attrs, allocate) => {
    const out = allocate(x!);
    forEachRow(x!, (start, end) => {
      const total = logSumExp(x!, start, end);
      for (let i = start; i < end; i++) out.data[i] = x!.data[i]! - total;
    });
    return [out];
  },
});
