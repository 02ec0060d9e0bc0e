import { isJsonObject, listOf, objectOf } from '@attune/files';

/** Tells the id of a token in a `tokenizer.json`, wherever that keeps it: of the places that name it, the first counts. */
export function tokenIdsOf(
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
): (text: string) => number | undefined {
  const { added_tokens: added, model } = objectOf(tokenizerJson);
  const { vocab } = objectOf(model);
  const ids = new Map<unknown, unknown>();
  const add = (text: unknown, id: unknown) => {
    if (!ids.has(text)) ids.set(text, id);
  };
  for (const { content, id } of listOf(added).map(objectOf)) add(content, id);
  // Unigram: pairs of token and score.
  if (Array.isArray(vocab)) vocab.forEach((entry, id) => Array.isArray(entry) && add(entry[0], id));
  const inConfig = new Map<unknown, number>();
  for (const [id, token] of Object.entries(objectOf(objectOf(tokenizerConfig)['added_tokens_decoder']))) {
    const { content } = objectOf(token);
    if (!inConfig.has(content)) inConfig.set(content, Number(id));
  }
  return (text) => {
    const found = ids.get(text);
    if (typeof found === 'number') return found;
    if (isJsonObject(vocab) && Object.hasOwn(vocab, text) && typeof vocab[text] === 'number')
      return vocab[text];
    return inConfig.get(text);
  };
}
