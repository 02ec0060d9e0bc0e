import { expectInputs, expectShape } from '../tensor/checks.js';
import { broadcastShapes, broadcastStrides, formatSpec, sameShape, type Shape } from '../tensor/index.js';
import { gatherStrided } from '../tensor/nd-array.js';
import { definePrimitive } from './define.js';

/** Repeats a tensor along axes of length 1 and along new leading axes. */
export const broadcastTo = definePrimitive<{ shape: Shape }>({
  name: 'broadcastTo',
  infer: (inputs, { shape }) => {
    expectInputs('broadcastTo', inputs, ['any']);
    const [x] = inputs;
    expectShape(
      sameShape(broadcastShapes('broadcastTo', x!.shape, shape), shape),
      () => `broadcastTo: ${formatSpec(x!)} does not stretch to [${shape.join(', ')}].`,
    );
    return [{ shape, dtype: x!.dtype }];
  },
  grad: (g, { inputs: [x], dOutput }) => [g.sumTo(dOutput, x!.shape)],
  reference: ([x], { shape }, allocate) => [
    gatherStrided(allocate, x!, shape, broadcastStrides(x!.shape, shape)),
  ],
});
