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
