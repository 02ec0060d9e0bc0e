import { streamDecoder, type Tokenizer } from '@attune/data';

/**
 * The text of each token, which together are the text of all. Where a character is spread over several tokens, it stands
 * at the last of them, and the others have none.
 */
export function tokenTexts(tokenizer: Tokenizer, ids: Int32Array): string[] {
  const decoder = streamDecoder(tokenizer);
  const texts = Array.from(ids, (id) => decoder.push(id));
  const rest = decoder.end();
  if (rest !== '' && texts.length > 0) texts[texts.length - 1] += rest;
  return texts;
}

/** Unicode's controls, among them those that command a terminal or turn the direction of writing. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text as it can be shown: line ends are seen and taken, other controls are written out, so that no data commands the
 * terminal.
 */
export function visible(text: string): string {
  return text.replace(CONTROL, (char) => {
    if (char === '\n') return '⏎\n';
    if (char === '\t') return '⇥\t';
    // Joins emoji and letters of many scripts.
    if (char === '\u200d' || char === '\u200c') return char;
    return `\\u{${char.codePointAt(0)!.toString(16)}}`;
  });
}
