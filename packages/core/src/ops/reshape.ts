import { expectInputs, expectLengths, expectShape } from '../tensor/checks.js';
import { formatSpec, sizeOf, type Shape } from '../tensor/index.js';
import { definePrimitive } from './define.js';

/** The same elements, in the same order, under another shape. */
export const reshape = definePrimitive<{ shape: Shape }>({
  name: 'reshape',
  infer: (inputs, { shape }) => {
    expectInputs('reshape', inputs, ['any']);
    const [x] = inputs;
    expectLengths('reshape', shape);
    expectShape(
      sizeOf(shape) === sizeOf(x!.shape),
      () => `reshape: ${formatSpec(x!)} has ${sizeOf(x!.shape)} elements, but [${shape.join(', ')}] has not.`,
    );
    return [{ shape, dtype: x!.dtype }];
  },
  grad: (g, { inputs: [x], dOutput }) => [g.reshape(dOutput, x!.shape)],
  reference: ([x], { shape }) => [x!.reshape(shape)],
});
