import { reduce } from '../interpreter/nd-array.js';
import { reducedShape } from '../tensor/index.js';
import { expectAxes, expectInputs } from './checks.js';
import { defineOp } from './define-op.js';

/** The largest element along axes. Where several are largest, the gradient is shared equally between them. */
export const max = defineOp<{ axes: readonly number[]; keepDims: boolean }>({
  name: 'max',
  infer: (inputs, { axes, keepDims }) => {
    expectInputs('max', inputs, ['f32']);
    expectAxes('max', inputs[0]!, axes);
    return [{ shape: reducedShape(inputs[0]!.shape, axes, keepDims), dtype: 'f32' }];
  },
  grad: (g, { inputs: [x], output: y, attrs: { axes }, dOutput: dy }) => {
    const kept = reducedShape(x!.shape, axes, true);
    const isMax = g.cast(g.equal(x!, g.reshape(y, kept)), 'f32');
    const count = g.sum(isMax, axes, true);
    return [g.mul(isMax, g.div(g.reshape(dy, kept), count))];
  },
  reference: ([x], { axes, keepDims }, allocate) => [
    reduce(allocate, x!, axes, reducedShape(x!.shape, axes, keepDims), -Infinity, Math.max),
  ],
});
