import { tokenizerJson, type Tokenizer } from '../tokenizers/index.js';
import { tokenDType } from '../tokens/index.js';
import { META_JSON, type TokenMeta } from './token-meta.js';

/**
 * The files that put a tokenizer into a model folder, by name: `meta.json`, by which attune knows it, and `tokenizer.json`
 * and `tokenizer_config.json`, which Hugging Face's libraries read.
 *
 * @param vocabSize the model's: at least the tokenizer's.
 */
export async function tokenizerFiles(
  tokenizer: Tokenizer,
  vocabSize: number = tokenizer.vocabSize,
): Promise<Record<string, unknown>> {
  const description = tokenizer.toJSON();
  const meta: TokenMeta = { format: 1, tokenizer: description, dtype: tokenDType(vocabSize), vocabSize };
  return { ...(await tokenizerJson(description)), ...tokenizer.files, [META_JSON]: meta };
}
