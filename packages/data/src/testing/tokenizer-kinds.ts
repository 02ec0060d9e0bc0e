/** The fixtures `tiny_tokenizers/<kind>`, one for each way in which a `tokenizer.json` can be made. */
export const TOKENIZER_KINDS = [
  'byte_level',
  'byte_level_split',
  'sentencepiece_bpe',
  'metaspace_bpe',
  'gemma_bpe',
  'wordpiece',
  'unigram',
];
