import { AttuneError, formatSpec, type CausalLmConfig, type Tensor } from '@attune/core';

/**
 * The shape `[B, T]` of the tokens that a decoder is given.
 *
 * @throws AttuneError SHAPE_MISMATCH if they are no `i32[B, T]`, or more than the model has positions.
 */
export function checkTokens(x: Tensor | undefined, { blockSize }: CausalLmConfig): [number, number] {
  if (x?.rank !== 2 || x.dtype !== 'i32') {
    const came = x ? `, but x is ${formatSpec(x)}` : ', but the batch has no x';
    throw new AttuneError('SHAPE_MISMATCH', `A decoder takes token ids as x, i32[B, T]${came}.`);
  }
  const [rows, length] = x.shape as [number, number];
  if (length > blockSize) {
    throw new AttuneError(
      'SHAPE_MISMATCH',
      `The sequence has ${length} tokens, but the model has ${blockSize} positions (blockSize).`,
    );
  }
  return [rows, length];
}
