import { AttuneError, messageOf } from '@attune/core';
import { inflateSync } from 'fflate';
import { staysInside } from '../folder/stays-inside.js';
import { crc32 } from './crc32.js';
import type { BlobLike } from '../bytes/blob-source.js';
import { readZipDirectory, type ZipEntry } from './zip-directory.js';

/** Weights hardly get smaller, and the text beside them is short: what unpacks to much more was made to fill memory. */
const MAX_GROWTH = 32;
const ALWAYS_ALLOWED_BYTES = 2 ** 24;

const [STORED, DEFLATED] = [0, 8];

function corrupt(message: string): AttuneError {
  return new AttuneError('FILE_CORRUPT', message, { fix: 'Do not use it.' });
}

/** Looks at all that an archive says it has, before anything is unpacked. @throws AttuneError FILE_CORRUPT. */
function check(entries: readonly ZipEntry[], archiveBytes: number, name: string, maxBytes: number): void {
  const limit = Math.min(ALWAYS_ALLOWED_BYTES + MAX_GROWTH * archiveBytes, maxBytes);
  const paths = new Set<string>();
  let [packed, unpacked] = [0, 0];
  for (const { path, compressed, size, method, encrypted } of entries) {
    const shown = JSON.stringify(path);
    if (!staysInside(path)) throw corrupt(`${name} has a file outside of itself: ${shown}.`);
    if (paths.has(path)) throw corrupt(`${name} has two files of one name: ${shown}.`);
    if (encrypted || (method !== STORED && method !== DEFLATED)) {
      const how = encrypted ? 'encrypted' : `packed by method ${method}`;
      throw new AttuneError('FILE_CORRUPT', `${shown} in ${name} is ${how}, which is not read.`, {
        fix: 'Pack the folder again, without a password, as zip does by itself.',
      });
    }
    paths.add(path);
    packed += compressed.byteLength;
    unpacked += size;
  }
  if (unpacked > limit) {
    throw corrupt(`${name} has ${archiveBytes} bytes, but would unpack to more than ${limit}.`);
  }
  if (packed > archiveBytes) throw corrupt(`${name} has files that share their bytes.`);
}

/** The content of a file. @throws AttuneError FILE_CORRUPT if it is not what the archive says of it. */
function unpack({ path, method, compressed, size, crc32: expected }: ZipEntry, name: string): Uint8Array {
  // One byte of room more shows what is longer than it says it is; more than that is not made.
  const content =
    method === STORED ? compressed.slice() : inflateSync(compressed, { out: new Uint8Array(size + 1) });
  const shown = `${JSON.stringify(path)} in ${name}`;
  if (content.byteLength !== size) {
    const found = content.byteLength > size ? 'is longer' : `has ${content.byteLength}`;
    throw corrupt(`${shown} should have ${size} bytes, but ${found}.`);
  }
  if (crc32(content) !== expected) throw corrupt(`${shown} is damaged: its checksum is another.`);
  return content;
}

/** Limits of {@link readZipArchive}. */
export interface ZipLimits {
  /** Bytes that the archive may have, and those that its files may have together. Default: no limit but its growth. */
  readonly maxBytes?: number;
}

/**
 * Reads a zip archive into memory: its files by path.
 *
 * @param name for messages.
 * @throws AttuneError FILE_CORRUPT if it is none; or one that would fill memory or leave its folder, has two files of one
 * name, more than 65,535 or more than `maxBytes`, or a file whose length or checksum is not what the archive says.
 */
export async function readZipArchive(
  archive: BlobLike,
  name = 'the archive',
  { maxBytes = Infinity }: ZipLimits = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (archive.size > maxBytes) {
    throw corrupt(`${name} has ${archive.size} bytes, and at most ${maxBytes} are read.`);
  }
  try {
    const bytes = new Uint8Array(await archive.arrayBuffer());
    const entries = readZipDirectory(bytes);
    check(entries, bytes.byteLength, name, maxBytes);
    const files = entries.filter(({ path }) => !path.endsWith('/'));
    return new Map(files.map((entry) => [entry.path, unpack(entry, name)]));
  } catch (cause) {
    if (cause instanceof AttuneError) throw cause;
    throw new AttuneError('FILE_CORRUPT', `${name} is no zip archive: ${messageOf(cause)}.`, {
      fix: 'Choose a file that was downloaded here, or a zip of a run or of a checkpoint.',
      cause,
    });
  }
}
