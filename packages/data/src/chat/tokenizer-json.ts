/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or an empty one. */
export function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** The list, or an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The id of a token in a `tokenizer.json`, wherever that keeps it. */
export function idOfToken(
  text: string,
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
): number | undefined {
  const { added_tokens: added, model } = objectOf(tokenizerJson);
  const found = listOf(added)
    .map(objectOf)
    .find(({ content }) => content === text)?.['id'];
  if (typeof found === 'number') return found;
  const { vocab } = objectOf(model);
  if (Array.isArray(vocab)) {
    // Unigram: pairs of token and score.
    const index = vocab.findIndex((entry) => Array.isArray(entry) && entry[0] === text);
    if (index >= 0) return index;
  } else if (isObject(vocab) && Object.hasOwn(vocab, text) && typeof vocab[text] === 'number')
    return vocab[text];
  const decoder = objectOf(objectOf(tokenizerConfig)['added_tokens_decoder']);
  const entry = Object.entries(decoder).find(([, token]) => objectOf(token)['content'] === text);
  return entry && Number(entry[0]);
}
