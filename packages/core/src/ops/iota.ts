import { expectAxes, expectLengths } from '../tensor/checks.js';
import { stridesOf, type Shape } from '../tensor/index.js';
import { definePrimitive } from './define.js';

/** 0, 1, 2, … along one axis, the same along the others: i32. */
export const iota = definePrimitive<{ shape: Shape; axis: number }>({
  name: 'iota',
  infer: (_inputs, { shape, axis }) => {
    expectLengths('iota', shape);
    expectAxes('iota', { shape }, [axis]);
    return [{ shape, dtype: 'i32' }];
  },
  reference: (_inputs, { shape, axis }, allocate) => {
    const stride = stridesOf(shape)[axis]!;
    return [allocate({ shape, dtype: 'i32' }).map((_, i) => Math.floor(i / stride) % shape[axis]!)];
  },
});
