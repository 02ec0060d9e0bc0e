import { join } from 'node:path';
import type { Tokenizer } from '@attune/data';
import { TOKENIZER_FILES } from '@attune/formats';
import { exists, readText } from '../files.js';
import { tokenizerFiles } from './tokenizer-folder.js';

/** The files that say what a model's tokens mean, as they are in its folder, by name. */
export async function companionFiles(
  folder: string,
  tokenizer: Tokenizer | null,
  vocabSize: number,
): Promise<Record<string, unknown>> {
  const files: Record<string, unknown> = {};
  for (const name of TOKENIZER_FILES) {
    const path = join(folder, name);
    if (await exists(path)) files[name] = await readText(path);
  }
  // A tokenizer of ours is described by a meta.json; one of Hugging Face's is in its own files.
  const isOurs = tokenizer !== null && (await exists(join(folder, 'meta.json')));
  return isOurs ? { ...files, ...tokenizerFiles(tokenizer, vocabSize) } : files;
}
