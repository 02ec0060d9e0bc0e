import { expectAxes, expectInputs } from '../tensor/checks.js';
import { reducedShape, type TensorSpec } from '../tensor/index.js';
import { reduce } from '../tensor/nd-array.js';
import { definePrimitive } from './define.js';

/** Which axes are folded, and whether they stay with length 1. */
export interface ReductionAttributes extends Readonly<Record<string, readonly number[] | boolean>> {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

const inferReduction =
  (name: string) =>
  (inputs: readonly TensorSpec[], { axes, keepDims }: ReductionAttributes): TensorSpec[] => {
    expectInputs(name, inputs, ['f32']);
    expectAxes(name, inputs[0]!, axes);
    return [{ shape: reducedShape(inputs[0]!.shape, axes, keepDims), dtype: 'f32' }];
  };

/** The sum along axes. The reference adds in float64; see the testkit for what a backend must reach in float32. */
export const sum = definePrimitive<ReductionAttributes>({
  name: 'sum',
  infer: inferReduction('sum'),
  grad: (g, { inputs: [x], attrs: { axes }, dOutput }) => [
    g.broadcastTo(g.reshape(dOutput, reducedShape(x!.shape, axes, true)), x!.shape),
  ],
  reference: ([x], { axes, keepDims }, allocate) => [
    reduce(allocate, x!, axes, reducedShape(x!.shape, axes, keepDims), 0, (total, value) => total + value),
  ],
});

/** The largest element along axes. Where several are largest, the gradient is shared equally between them. */
export const max = definePrimitive<ReductionAttributes>({
  name: 'max',
  infer: inferReduction('max'),
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
