/** The model of a `tokenizer.json`: byte pair encoding. Without merges, a vocabulary of single characters. */
export function bpeModel(
  tokens: readonly string[],
  merges: readonly (readonly [string, string])[] = [],
): object {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges,
  };
}

/** An entry of `added_tokens`: a token that a text names in full. */
export function specialToken(id: number, content: string): object {
  return {
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  };
}

/** A `tokenizer.json` that does nothing but what its parts say. */
export function tokenizerDocument(parts: object): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    ...parts,
  };
}
