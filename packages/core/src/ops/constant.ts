import { AttuneError } from '../errors/index.js';
import { expectLengths } from '../tensor/checks.js';
import { isStorage, type DType, type Shape } from '../tensor/index.js';
import { definePrimitive } from './define.js';

/** True if a dtype can hold a value. Only finite ones: a program is plain JSON, which has no other. */
function holds(dtype: DType, value: number): boolean {
  if (isStorage(dtype)) return false;
  if (dtype === 'bool') return value === 0 || value === 1;
  return dtype === 'i32' ? (value | 0) === value : Number.isFinite(value);
}

/** A tensor filled with one value: finite for f32, whole for i32, 0 or 1 for bool. */
export const constant = definePrimitive<{ value: number; shape: Shape; dtype: DType }>({
  name: 'constant',
  infer: (_inputs, { value, shape, dtype }) => {
    expectLengths('constant', shape);
    if (!holds(dtype, value)) {
      throw new AttuneError('INVALID_ARGUMENT', `constant: ${value} is not a value of ${dtype}.`, {
        fix: 'Constants are finite; of i32 they are whole, of bool 0 or 1.',
      });
    }
    return [{ shape, dtype }];
  },
  reference: (_inputs, { value, shape, dtype }, allocate) => [allocate({ shape, dtype }).map(() => value)],
});
