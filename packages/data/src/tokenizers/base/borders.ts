/** No white space to any of the engines that patterns are written for: JavaScript's `\s` lacks U+0085. */
const NO_SPACE = /[^\s\u0085]/;
const LETTER_OR_NUMBER = /[\p{L}\p{N}]/u;

/**
 * The last place before a space or a line feed that follows something else than white space.
 *
 * There, GPT-2's pattern ends a piece whatever stands around: none of its alternatives takes white space after anything
 * else, so a piece that reaches the border ends at it, whether the text goes on or not; and it looks no further ahead
 * than for the end of a run of white space, which the character before the border ends. The next piece begins at the
 * border, and the pattern never looks back.
 */
export function lastBorderBeforeWhiteSpace(text: string): number {
  for (let i = text.length - 1; i > 0; i--) {
    const unit = text.charCodeAt(i);
    if ((unit === SPACE || unit === LINE_FEED) && NO_SPACE.test(text[i - 1]!)) return i;
  }
  return 0;
}

/**
 * The last place before a space that follows something else than white space, or before a line feed that follows a
 * letter or a number.
 *
 * The patterns of newer vocabularies (cl100k, Llama 3, Qwen 2) take line ends together with the punctuation before them,
 * but nothing else: for these places, the argument of {@link lastBorderBeforeWhiteSpace} holds for them too.
 */
export function lastBorderBeforeSpace(text: string): number {
  for (let i = text.length - 1; i > 0; i--) {
    const unit = text.charCodeAt(i);
    if (unit === SPACE && NO_SPACE.test(text[i - 1]!)) return i;
    if (unit === LINE_FEED && LETTER_OR_NUMBER.test(text[i - 1]!)) return i;
  }
  return 0;
}

const SPACE = 0x20;
const LINE_FEED = 0x0a;
