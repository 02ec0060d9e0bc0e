import { AttuneError } from '../errors/index.js';
import { expectInputs } from '../tensor/checks.js';
import { formatSpec, isStorage, narrowElement, widenElement, type DType } from '../tensor/index.js';
import { definePrimitive } from './define.js';

/**
 * Converts elements to another dtype: toward i32 by truncation, toward bool by `x ≠ 0`. From a storage type to f32 exactly;
 * from f32 to bf16 and f16 to the nearest, of two that are as near the even one, and beyond the largest to infinity. Nothing is
 * converted to i8: it takes a scale, which is chosen on the host. Has no gradient.
 */
export const cast = definePrimitive<{ dtype: DType }>({
  name: 'cast',
  infer: (inputs, { dtype }) => {
    const [x] = inputs;
    const isStored = x !== undefined && isStorage(x.dtype);
    if (inputs.length !== 1 || !(isStored || isStorage(dtype))) expectInputs('cast', inputs, ['any']);
    else if (dtype === 'i8' || (isStored ? dtype : x!.dtype) !== 'f32') {
      throw new AttuneError('DTYPE_MISMATCH', `cast: ${formatSpec(x!)} does not become ${dtype}.`, {
        fix: 'bf16, f16 and i8 are widened to f32, and f32 is narrowed to bf16 and f16.',
      });
    }
    return [{ shape: x!.shape, dtype }];
  },
  // Only f32 tensors carry gradients, and what is cast to f32 has none of its own: nothing flows back.
  grad: () => [undefined],
  reference: ([x], { dtype }, allocate) => {
    const out = allocate({ shape: x!.shape, dtype });
    const from = x!.dtype;
    const convert = (value: number): number => {
      if (isStorage(from)) return widenElement(from, value);
      if (dtype === 'bf16' || dtype === 'f16') return narrowElement(dtype, value);
      return dtype === 'bool' ? Number(value !== 0) : dtype === 'i32' ? Math.trunc(value) : value;
    };
    for (let i = 0; i < out.size; i++) out.data[i] = convert(x!.data[i]!);
    return [out];
  },
});
