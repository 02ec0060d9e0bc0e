import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AttuneError, nearest } from '@attune/core';
import { diskFolder } from '@attune/files/node';
import { tokenizerNames } from '../prepare/index.js';
import * as tokenizers from '../tokenizers/index.js';

/**
 * Opens the tokenizer of a Hugging Face model folder on disk, or a `tokenizer.json` itself. A `tokenizer_config.json`
 * beside it is read too.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT.
 */
export async function openTokenizer(path: string): Promise<tokenizers.Tokenizer> {
  const stats = await stat(path).catch((cause: unknown) => {
    const name = nearest(basename(path), tokenizerNames);
    throw new AttuneError('FILE_NOT_FOUND', `There is no tokenizer ${path}.`, {
      fix: name
        ? `Did you mean "${name}"?`
        : 'Name char, bpe, bytes or gpt2, or the path of a tokenizer.json or its folder.',
      cause,
    });
  });
  return stats.isDirectory()
    ? tokenizers.openTokenizer(diskFolder(path))
    : tokenizers.openTokenizer(diskFolder(dirname(path)), basename(path));
}
