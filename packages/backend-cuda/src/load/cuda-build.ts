import { createReadStream } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** A function of cuDNN's that every TensorFlow with CUDA looks up by name, and no other mentions. */
const MARK = 'cudnnCreate';

async function mentions(file: string, text: string): Promise<boolean> {
  let tail = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 22 })) {
    const bytes = Buffer.concat([tail, chunk as Buffer]);
    if (bytes.includes(text)) return true;
    tail = bytes.subarray(Math.max(0, bytes.length - text.length));
  }
  return false;
}

/**
 * Tells by the strings in TensorFlow's libraries if it was built with CUDA, in about a second. `undefined` where
 * there are no libraries.
 *
 * @param libraries the folder they lie in.
 */
export async function builtWithCuda(libraries: string): Promise<boolean | undefined> {
  const names = await readdir(libraries).catch(() => []);
  const paths = names
    .filter((name) => /^libtensorflow.*\.so/.test(name))
    .map((name) => join(libraries, name));
  const files = new Set(await Promise.all(paths.map((path) => realpath(path).catch(() => path))));
  if (files.size === 0) return undefined;
  for (const file of files) {
    if (await mentions(file, MARK).catch(() => false)) return true;
  }
  return false;
}
