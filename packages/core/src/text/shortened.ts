/** Longer messages are read by nobody, and made by files that were written to fill memory, logs and terminals. */
const MAX_LENGTH = 4000;

/** The share of the room that is kept for the end of a text that is too long. */
const SHARE_OF_END = 1 / 8;

/** The part of a text from `start` to `end`, without a half of a character at either end. */
function wholeCharacters(text: string, start: number, end: number): string {
  const isLow = (at: number) => /[\udc00-\udfff]/.test(text.charAt(at));
  return text.slice(isLow(start) ? start + 1 : start, isLow(end) ? end - 1 : end);
}

/**
 * A text for people, of bounded length: of one that is too long, the beginning, how much is left out, and the end.
 *
 * @param maxLength UTF-16 code units that are kept. Default 4,000.
 */
export function shortened(text: string, maxLength = MAX_LENGTH): string {
  if (text.length <= maxLength) return text;
  const ending = Math.floor(maxLength * SHARE_OF_END);
  const start = wholeCharacters(text, 0, maxLength - ending);
  const end = wholeCharacters(text, text.length - ending, text.length);
  return `${start} … (${text.length - start.length - end.length} characters left out) … ${end}`;
}
