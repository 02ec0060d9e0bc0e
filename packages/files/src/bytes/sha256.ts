import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { ByteSource } from './byte-source.js';
import { chunksOf, type FileContent } from './file-content.js';

/** Bytes hashed at a time. */
const CHUNK_BYTES = 2 ** 20;

/** SHA-256 of a text's UTF-8, hexadecimal. */
export function hashText(text: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(text)));
}

/** SHA-256 of bytes, hexadecimal. */
export function hashBytes(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/** SHA-256 of bytes that come in pieces, hexadecimal. */
export async function hashPieces(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = sha256.create();
  for await (const piece of pieces) hash.update(piece);
  return bytesToHex(hash.digest());
}

/** SHA-256 of a source, hexadecimal. Only a piece of it is in memory at a time. */
export async function hashSource(source: ByteSource): Promise<string> {
  const hash = sha256.create();
  for (let offset = 0; offset < source.size; offset += CHUNK_BYTES) {
    hash.update(await source.read(offset, Math.min(CHUNK_BYTES, source.size - offset)));
  }
  return bytesToHex(hash.digest());
}

/** Passes a content on, and hands out its SHA-256, hexadecimal, when all has passed. */
export async function* hashing(
  content: FileContent,
  done: (sha256: string) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = sha256.create();
  for await (const chunk of chunksOf(content)) {
    hash.update(chunk);
    yield chunk;
  }
  done(bytesToHex(hash.digest()));
}
