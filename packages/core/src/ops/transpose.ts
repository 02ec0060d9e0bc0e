import { expectInputs, expectShape } from '../tensor/checks.js';
import { formatSpec, stridesOf } from '../tensor/index.js';
import { gatherStrided } from '../tensor/nd-array.js';
import { definePrimitive } from './define.js';

/** Reorders axes: axis i of the result is axis `perm[i]` of the input. */
export const transpose = definePrimitive<{ perm: readonly number[] }>({
  name: 'transpose',
  infer: (inputs, { perm }) => {
    expectInputs('transpose', inputs, ['any']);
    const [x] = inputs;
    expectShape(
      [...perm].sort((a, b) => a - b).join() === x!.shape.map((_, axis) => axis).join(),
      () => `transpose: [${perm.join(', ')}] is not an order of the axes of ${formatSpec(x!)}.`,
    );
    return [{ shape: perm.map((axis) => x!.shape[axis]!), dtype: x!.dtype }];
  },
  grad: (g, { attrs: { perm }, dOutput }) => [
    g.transpose(
      dOutput,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ],
  reference: ([x], { perm }, allocate) => {
    const strides = stridesOf(x!.shape);
    const shape = perm.map((axis) => x!.shape[axis]!);
    return [
      gatherStrided(
        allocate,
        x!,
        shape,
        perm.map((axis) => strides[axis]!),
      ),
    ];
  },
});
