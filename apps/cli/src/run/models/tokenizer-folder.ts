import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import { createTokenizer, parseTokenMeta, type Tokenizer } from '@attune/data';
import { openTokenizer } from '@attune/data/node';
import { exists, firstWith, readJson } from '../files.js';

/** Beside a model, as beside token files: what its tokens mean. */
const META = 'meta.json';

/** The first of some folders that has a tokenizer. */
export function tokenizerFolder(folders: readonly string[]): Promise<string | undefined> {
  return firstWith(folders, META, 'tokenizer.json');
}

/** The tokenizer of a model folder: that of its `meta.json`, or its `tokenizer.json`; `null` if it has neither. */
export async function readTokenizer(folder: string): Promise<Tokenizer | null> {
  const path = join(folder, META);
  if (await exists(path)) {
    const { tokenizer } = parseTokenMeta(await readJson(path), path);
    return tokenizer && createTokenizer(tokenizer, (name) => readJson(join(folder, name)));
  }
  return (await exists(join(folder, 'tokenizer.json'))) ? openTokenizer(folder) : null;
}

/**
 * Two character vocabularies of one size would fit each other without a word, and mean nothing.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH if both are of characters, and of different ones.
 */
export function checkSameCharacters(
  model: Tokenizer | null,
  data: Tokenizer | null,
  modelPath: string,
  dataPath: string,
): void {
  const [ours, theirs] = [model?.toJSON(), data?.toJSON()];
  if (ours?.kind !== 'char' || theirs?.kind !== 'char' || ours.chars === theirs.chars) return;
  throw new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The model in ${modelPath} reads other characters than the data in ${dataPath} is made of.`,
    { fix: 'Use the data the model was trained on.' },
  );
}
