import { reduce } from '../interpreter/nd-array.js';
import { reducedShape } from '../tensor/index.js';
import { expectAxes, expectInputs } from './checks.js';
import { defineOp } from './define-op.js';

/** The sum along axes. The reference adds in float64; see the testkit for what a backend must reach in float32. */
export const sum = defineOp<{ axes: readonly number[]; keepDims: boolean }>({
  name: 'sum',
  infer: (inputs, { axes, keepDims }) => {
    expectInputs('sum', inputs, ['f32']);
    expectAxes('sum', inputs[0]!, axes);
    return [{ shape: reducedShape(inputs[0]!.shape, axes, keepDims), dtype: 'f32' }];
  },
  grad: (g, { inputs: [x], attrs: { axes }, dOutput }) => [
    g.broadcastTo(g.reshape(dOutput, reducedShape(x!.shape, axes, true)), x!.shape),
  ],
  reference: ([x], { axes, keepDims }, allocate) => [
    reduce(allocate, x!, axes, reducedShape(x!.shape, axes, keepDims), 0, (total, value) => total + value),
  ],
});
