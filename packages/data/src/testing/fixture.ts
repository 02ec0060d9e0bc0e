import { readFile } from 'node:fs/promises';

/** A JSON file of the fixtures that the scripts in `tools/reference` wrote. */
export async function readFixture<T>(path: string): Promise<T> {
  const url = new URL(`../../../backend-testkit/fixtures/${path}`, import.meta.url);
  return JSON.parse(await readFile(url, 'utf8')) as T;
}
