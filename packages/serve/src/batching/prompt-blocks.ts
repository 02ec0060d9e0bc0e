/**
 * How prompts are read so that what two have in common is read once, and an answer is to the bit what it is without.
 *
 * attune's engine multiplies up to 16 rows in one way, and more than 16 in another, whose sums differ in their last bits. So what
 * is computed for a token depends on which of both it was read in, and on nothing else. A prompt is read in blocks of 256 tokens
 * from its beginning; a last block of at most 16 is read narrowly, as generated tokens are. A prompt that another one begins alike
 * with goes on from a place where every token is read as it would be without the other.
 */

/** Tokens of a prompt that are read in one run, as a decoder reads them. */
export const PROMPT_BLOCK = 256;

/** The most tokens that are read narrowly. */
const NARROW = 16;

/** How many of a prompt's first tokens are read in blocks that are not narrow. */
export function widelyRead(length: number): number {
  const rest = length % PROMPT_BLOCK;
  return rest <= NARROW ? length - rest : length;
}

/** The end of the block that is read next, after so many tokens of a text. */
export function blockEnd(read: number, length: number): number {
  return Math.min(read - (read % PROMPT_BLOCK) + PROMPT_BLOCK, length);
}

/**
 * How many of a prompt's first tokens need not be read, beside `held`, which were read widely. One is read at least, for its
 * logits; and where a block is read in part, more than 16 of it.
 */
export function reusable(prompt: readonly number[], held: readonly number[]): number {
  const most = Math.min(held.length, prompt.length - 1);
  let common = 0;
  while (common < most && prompt[common] === held[common]) common++;
  const begin = common - (common % PROMPT_BLOCK);
  return Math.max(begin, Math.min(common, blockEnd(begin, prompt.length) - NARROW - 1));
}
