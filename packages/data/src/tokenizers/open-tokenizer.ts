import { readJson, type Folder } from '@attune/files';
import { hfTokenizer } from './hugging-face/tokenizer.js';
import { MAX_TOKENIZER_BYTES } from './tokenizer-size.js';
import type { Tokenizer } from './base/tokenizer.js';

/** Name of the file that says what a tokenizer of Hugging Face's is. */
export const TOKENIZER_JSON = 'tokenizer.json';
const TOKENIZER_CONFIG_JSON = 'tokenizer_config.json';

/**
 * Opens the tokenizer of a Hugging Face model folder: its `tokenizer.json`, and the `tokenizer_config.json` beside it, if
 * there is one.
 *
 * @param file name of the `tokenizer.json`, if it has another.
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT.
 */
export async function openTokenizer(folder: Folder, file = TOKENIZER_JSON): Promise<Tokenizer> {
  const fix = `The folder of a model that transformers loads with its fast tokenizer has a ${TOKENIZER_JSON}.`;
  const read = (name: string) => readJson(folder, name, { maxBytes: MAX_TOKENIZER_BYTES, fix });
  const document = await read(file);
  return hfTokenizer(
    document,
    (await folder.has(TOKENIZER_CONFIG_JSON)) ? await read(TOKENIZER_CONFIG_JSON) : undefined,
  );
}
