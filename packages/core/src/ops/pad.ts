import { expectInputs, expectShape } from '../tensor/checks.js';
import { formatSpec, stridesOf } from '../tensor/index.js';
import { forEachOffset } from '../tensor/nd-array.js';
import { definePrimitive } from './define.js';

/** Zeros around a tensor: `before` and `after` count them for each axis. */
export const pad = definePrimitive<{ before: readonly number[]; after: readonly number[] }>({
  name: 'pad',
  infer: (inputs, { before, after }) => {
    expectInputs('pad', inputs, ['any']);
    const [x] = inputs;
    const rank = x!.shape.length;
    expectShape(
      before.length === rank && after.length === rank && [...before, ...after].every((n) => n >= 0),
      () => `pad: [${before.join(', ')}] and [${after.join(', ')}] do not pad ${formatSpec(x!)}.`,
    );
    return [{ shape: x!.shape.map((length, i) => before[i]! + length + after[i]!), dtype: x!.dtype }];
  },
  grad: (g, { inputs: [x], attrs: { before }, dOutput }) => [g.slice(dOutput, before, x!.shape)],
  reference: ([x], { before, after }, allocate) => {
    const shape = x!.shape.map((length, i) => before[i]! + length + after[i]!);
    const out = allocate({ shape, dtype: x!.dtype });
    const strides = stridesOf(shape);
    const start = before.reduce((sum, n, i) => sum + n * strides[i]!, 0);
    forEachOffset(x!.shape, [strides], (index, [offset]) => {
      out.data[start + offset!] = x!.data[index]!;
    });
    return [out];
  },
});
