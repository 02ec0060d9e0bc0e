import {
  createTokenizer,
  META_JSON,
  openTokenizer,
  parseTokenMeta,
  TOKENIZER_JSON,
  type Tokenizer,
} from '@attune/data';
import { readJson, type Folder } from '@attune/files';
import { firstWith, hasEntry, MAX_JSON_BYTES } from './folder-entries.js';

/** The first of some folders that has a tokenizer. */
export function tokenizerFolder(folders: readonly Folder[]): Promise<Folder | undefined> {
  return firstWith(folders, META_JSON, TOKENIZER_JSON);
}

/** True if it is a tokenizer of ours that a folder has: a `meta.json` says so. */
export function hasOwnTokenizer(folder: Folder): Promise<boolean> {
  return hasEntry(folder, META_JSON);
}

/** The tokenizer of a model folder: that of its `meta.json`, or its `tokenizer.json`; `null` if it has neither. */
export async function readTokenizer(folder: Folder): Promise<Tokenizer | null> {
  const read = (name: string) => readJson(folder, name, { maxBytes: MAX_JSON_BYTES });
  if (await hasOwnTokenizer(folder)) {
    const { tokenizer } = parseTokenMeta(await read(META_JSON), `${folder.name}/${META_JSON}`);
    return tokenizer && createTokenizer(tokenizer, read);
  }
  return (await hasEntry(folder, TOKENIZER_JSON)) ? openTokenizer(folder) : null;
}
