import { readJson, readText, type ReadOptions } from '../../folder/read-file.js';
import { openFile } from './open-file.js';

/** Opens paths as a folder opens its files. */
const paths = { open: openFile };

/** Reads a text file, as `readText` of `@attune/files` does in a folder. @throws AttuneError as that. */
export function readTextFile(path: string, options?: ReadOptions): Promise<string> {
  return readText(paths, path, options);
}

/** Reads a JSON file, as `readJson` of `@attune/files` does in a folder. @throws AttuneError as that. */
export function readJsonFile(path: string, options?: ReadOptions): Promise<unknown> {
  return readJson(paths, path, options);
}
