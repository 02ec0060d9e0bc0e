import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fileReadError } from '@attune/core';

/** Bytes as they pass, counted into a hash. */
export async function* hashing(chunks: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** A file's SHA-256, hexadecimal. Only a piece of the file is in memory at a time. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
  } catch (error) {
    throw fileReadError(path, error);
  }
  return hash.digest('hex');
}
