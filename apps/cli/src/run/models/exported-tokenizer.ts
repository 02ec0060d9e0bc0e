import { join } from 'node:path';
import { tokenizerJson, type Tokenizer } from '@attune/data';
import { exists, readJson, readText } from '../files.js';

/** Files of a Hugging Face tokenizer, as they may lie in a model's folder. */
const FILES = [
  ...['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json'],
  ...['vocab.json', 'merges.txt', 'chat_template.jinja'],
];

/**
 * The files of a model's tokenizer as Hugging Face's libraries read them: those of its folder, or written anew from what
 * attune knows it as.
 *
 * @param blockSize the longest text that the model takes.
 */
export async function exportedTokenizer(
  folder: string,
  tokenizer: Tokenizer | null,
  blockSize: number,
): Promise<Record<string, unknown>> {
  if (!tokenizer) return {};
  const made = await tokenizerJson(tokenizer.toJSON());
  if (made) {
    const config = { ...made['tokenizer_config.json'], model_max_length: blockSize };
    return { ...made, 'tokenizer_config.json': config };
  }
  const files: Record<string, unknown> = { ...tokenizer.files };
  for (const name of FILES) {
    const path = join(folder, name);
    if (!(await exists(path))) continue;
    files[name] = name.endsWith('.json') ? await readJson(path) : await readText(path);
  }
  // transformers.js opens no tokenizer without one.
  files['tokenizer_config.json'] ??= {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    model_max_length: blockSize,
  };
  return files;
}
