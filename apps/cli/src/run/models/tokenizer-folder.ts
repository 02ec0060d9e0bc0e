import { join } from 'node:path';
import { createTokenizer, parseTokenMeta, type Tokenizer } from '@attune/data';
import { openTokenizer } from '@attune/data/node';
import { exists, firstWith, readJson } from '../../environment/files.js';

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
