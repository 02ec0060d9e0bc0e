import type { DType, Shape } from '../tensor/index.js';
import { defineOp } from './define-op.js';

/** A tensor filled with one value. The value is finite, so that a program stays plain JSON. */
export const constant = defineOp<{ value: number; shape: Shape; dtype: DType }>({
  name: 'constant',
  infer: (_inputs, { shape, dtype }) => [{ shape, dtype }],
  reference: (_inputs, { value, shape, dtype }, allocate) => [allocate({ shape, dtype }).map(() => value)],
});
