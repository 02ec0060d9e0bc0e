import { AttuneError, sizeOf, type Shape } from '@attune/core';

/** How a tensor's numbers are stored. */
export type GgufTensorType = 'f32' | 'f16' | 'bf16' | 'q8_0';

/** Numbers that share a scale in `q8_0`: a row has to be a multiple of it. */
export const Q8_BLOCK = 32;

/** The scale of a `q8_0` block, a float16, and its numbers as signed bytes. */
export const Q8_BLOCK_BYTES = 2 + Q8_BLOCK;

/** The numbers by which files name the types: ggml's. */
export const tensorTypeIds: Readonly<Record<GgufTensorType, number>> = { f32: 0, f16: 1, q8_0: 8, bf16: 30 };

/** Bytes of a tensor's data. @throws AttuneError INVALID_ARGUMENT if its rows are not whole blocks. */
export function storedBytes(name: string, shape: Shape, type: GgufTensorType): number {
  const elements = sizeOf(shape);
  if (type !== 'q8_0') return elements * (type === 'f32' ? 4 : 2);
  const row = shape.at(-1) ?? 1;
  if (row % Q8_BLOCK !== 0) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `${name} has rows of ${row} numbers, and q8_0 takes multiples of ${Q8_BLOCK}.`,
    );
  }
  return (elements / Q8_BLOCK) * Q8_BLOCK_BYTES;
}
