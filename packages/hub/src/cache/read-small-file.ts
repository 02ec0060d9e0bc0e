import { readFile, stat } from 'node:fs/promises';

/**
 * The text of a file in the cache, which other programs write to as well; empty where there is none, where something else
 * is in its place, such as a pipe or a device, and where it is larger than such a file is.
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > maxBytes) return '';
  return readFile(path, 'utf8').catch(() => '');
}
