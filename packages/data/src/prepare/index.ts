export {
  prepareText,
  type PreparedText,
  type PrepareTextOptions,
  tokenizerNames,
  type TokenizerName,
} from './prepare-text.js';
export { tokenizerFiles } from './tokenizer-files.js';
export { splitText } from './split-text.js';
export { META_JSON, parseTokenMeta, TRAIN_BIN, VAL_BIN, type TokenMeta } from './token-meta.js';
