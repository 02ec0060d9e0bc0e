import { expectInputs } from '../tensor/checks.js';
import type { DType } from '../tensor/index.js';
import { definePrimitive } from './define.js';

/** Converts elements to another dtype: toward i32 by truncation, toward bool by `x ≠ 0`. Has no gradient. */
export const cast = definePrimitive<{ dtype: DType }>({
  name: 'cast',
  infer: (inputs, { dtype }) => {
    expectInputs('cast', inputs, ['any']);
    return [{ shape: inputs[0]!.shape, dtype }];
  },
  // Only f32 tensors carry gradients, and a cast to f32 comes from integers: nothing flows back.
  grad: () => [undefined],
  reference: ([x], { dtype }, allocate) => {
    const out = allocate({ shape: x!.shape, dtype });
    for (let i = 0; i < out.size; i++) {
      const value = x!.data[i]!;
      out.data[i] = dtype === 'bool' ? Number(value !== 0) : dtype === 'i32' ? Math.trunc(value) : value;
    }
    return [out];
  },
});
