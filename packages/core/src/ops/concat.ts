import { expectAxes, expectInputs, expectShape } from '../tensor/checks.js';
import { formatSpec, stridesOf, type TensorSpec } from '../tensor/index.js';
import { forEachOffset } from '../tensor/nd-array.js';
import { definePrimitive } from './define.js';

/** Where each input begins along the axis. */
function startsOf(inputs: readonly TensorSpec[], axis: number): number[] {
  let start = 0;
  return inputs.map(({ shape }) => {
    const own = start;
    start += shape[axis]!;
    return own;
  });
}

/** Joins tensors along an axis. */
export const concat = definePrimitive<{ axis: number }>({
  name: 'concat',
  infer: (inputs, { axis }) => {
    const [first] = inputs;
    expectInputs(
      'concat',
      inputs,
      inputs.map(() => first!.dtype),
    );
    expectAxes('concat', first!, [axis]);
    for (const input of inputs) {
      const fits = input.shape.length === first!.shape.length;
      expectShape(
        fits && input.shape.every((length, i) => i === axis || length === first!.shape[i]),
        () => `concat: ${formatSpec(input)} and ${formatSpec(first!)} differ in more than axis ${axis}.`,
      );
    }
    const length = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
    return [{ shape: first!.shape.map((own, i) => (i === axis ? length : own)), dtype: first!.dtype }];
  },
  grad: (g, { inputs, attrs: { axis }, dOutput }) => {
    const starts = startsOf(inputs, axis);
    return inputs.map((input, k) =>
      g.slice(
        dOutput,
        input.shape.map((_, i) => (i === axis ? starts[k]! : 0)),
        input.shape,
      ),
    );
  },
  reference: (inputs, { axis }, allocate) => {
    const starts = startsOf(inputs, axis);
    const length = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
    const shape = inputs[0]!.shape.map((own, i) => (i === axis ? length : own));
    const out = allocate({ shape, dtype: inputs[0]!.dtype });
    const strides = stridesOf(shape);
    inputs.forEach((input, k) => {
      forEachOffset(input.shape, [strides], (index, [offset]) => {
        out.data[starts[k]! * strides[axis]! + offset!] = input.data[index]!;
      });
    });
    return [out];
  },
});
