import { expectInputs } from '../tensor/checks.js';
import { broadcastShapes } from '../tensor/index.js';
import { zip } from '../tensor/nd-array.js';
import { definePrimitive } from './define.js';

/** `condition ? a : b`, element by element. All three broadcast. */
export const select = definePrimitive({
  name: 'select',
  infer: (inputs) => {
    const dtype = inputs[1]?.dtype ?? 'any';
    expectInputs('select', inputs, ['bool', dtype, dtype]);
    const shape = inputs.map((input) => input.shape).reduce((a, b) => broadcastShapes('select', a, b));
    return [{ shape, dtype: inputs[1]!.dtype }];
  },
  grad: (g, { inputs: [condition, a, b], dOutput: dy }) => [
    undefined,
    g.sumTo(g.select(condition!, dy, 0), a!.shape),
    g.sumTo(g.select(condition!, 0, dy), b!.shape),
  ],
  reference: ([condition, a, b], _attrs, allocate) => [
    zip(allocate, a!.dtype, [condition!, a!, b!], (c, x, y) => (c ? x : y)),
  ],
});
