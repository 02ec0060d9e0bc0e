export { byteTokenizer } from './byte-tokenizer.js';
export { charTokenizer } from './char-tokenizer.js';
export { createTokenizer } from './create-tokenizer.js';
export { gpt2Tokenizer } from './gpt2-tokenizer.js';
export { hfTokenizer } from './hf-tokenizer.js';
export { streamDecoder, type StreamDecoder } from './stream-decoder.js';
export type { HuggingFaceFiles, TokenIds, Tokenizer, TokenizerDescription } from './tokenizer.js';
export { tokenizerJson, type TokenizerJson } from './tokenizer-json.js';
export { openTokenizer, TOKENIZER_JSON } from './open-tokenizer.js';
