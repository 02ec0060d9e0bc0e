import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AttuneError, nearest, systemCode } from '@attune/core';
import { tokenizerNames } from '../prepare/index.js';
import { hfTokenizer, type Tokenizer } from '../tokenizers/index.js';
import { readJson } from './read-json.js';

const TOKENIZER_JSON = 'tokenizer.json';
const CONFIG_JSON = 'tokenizer_config.json';

/**
 * Opens the tokenizer of a Hugging Face model folder, or a `tokenizer.json` itself. A `tokenizer_config.json` beside it
 * is read too.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT.
 */
export async function openTokenizer(path: string): Promise<Tokenizer> {
  const stats = await stat(path).catch((cause: unknown) => {
    const name = nearest(basename(path), tokenizerNames);
    throw new AttuneError('FILE_NOT_FOUND', `There is no tokenizer ${path}.`, {
      fix: name
        ? `Did you mean "${name}"?`
        : 'Name char, bpe, bytes or gpt2, or the path of a tokenizer.json or its folder.',
      cause,
    });
  });
  const file = stats.isDirectory() ? join(path, TOKENIZER_JSON) : path;
  const fix = `The folder of a model that transformers loads with its fast tokenizer has a ${TOKENIZER_JSON}.`;
  const config = join(dirname(file), CONFIG_JSON);
  return hfTokenizer(
    await readJson(file, fix),
    (await exists(config)) ? await readJson(config, fix) : undefined,
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
