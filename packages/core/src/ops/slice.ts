import { expectInputs, expectShape } from '../tensor/checks.js';
import { formatSpec, stridesOf } from '../tensor/index.js';
import { gatherStrided } from '../tensor/nd-array.js';
import { definePrimitive } from './define.js';

/** The box of `sizes` elements that begins at `starts`, both with a number for each axis. */
export const slice = definePrimitive<{ starts: readonly number[]; sizes: readonly number[] }>({
  name: 'slice',
  infer: (inputs, { starts, sizes }) => {
    expectInputs('slice', inputs, ['any']);
    const [x] = inputs;
    const inside = x!.shape.every(
      (length, i) => starts[i]! >= 0 && sizes[i]! >= 0 && starts[i]! + sizes[i]! <= length,
    );
    expectShape(
      inside && starts.length === x!.shape.length && sizes.length === x!.shape.length,
      () =>
        `slice: [${sizes.join(', ')}] elements from [${starts.join(', ')}] do not lie in ${formatSpec(x!)}.`,
    );
    return [{ shape: sizes, dtype: x!.dtype }];
  },
  grad: (g, { inputs: [x], attrs: { starts, sizes }, dOutput }) => [
    g.pad(
      dOutput,
      starts,
      x!.shape.map((length, i) => length - starts[i]! - sizes[i]!),
    ),
  ],
  reference: ([x], { starts, sizes }, allocate) => {
    const strides = stridesOf(x!.shape);
    const offset = starts.reduce((sum, start, i) => sum + start * strides[i]!, 0);
    return [gatherStrided(allocate, x!, sizes, strides, offset)];
  },
});
