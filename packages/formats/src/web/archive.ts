import { AttuneError, messageOf } from '@attune/core';
import { unzipSync, Zip, ZipPassThrough, type UnzipFileInfo } from 'fflate';
import { chunksOf, type FileContent } from '../bytes/file-content.js';
import { staysInside } from '../folder/stays-inside.js';
import type { BlobLike } from './file-system.js';

/** Without its 64-bit extension, a zip archive has 32-bit sizes. */
const MAX_BYTES = 2 ** 32 - 1;

/** A file of an archive: its path, with `/` between folders, and what is in it. */
export type ArchiveEntry = readonly [path: string, content: FileContent];

/**
 * A zip archive, piece by piece, for a download: unpacked, it is the folder that went in. Nothing is compressed, since
 * weights do not get smaller.
 *
 * @throws AttuneError INVALID_ARGUMENT beyond 4 GiB; what a content throws.
 */
export async function* zipArchive(
  entries: Iterable<ArchiveEntry> | AsyncIterable<ArchiveEntry>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let ready: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    ready.push(chunk);
  });
  let bytes = 0;
  const take = function* () {
    const chunks = ready;
    ready = [];
    for (const chunk of chunks) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BYTES) {
        throw new AttuneError('INVALID_ARGUMENT', 'An archive cannot be larger than 4 GiB.', {
          fix: 'Download the files one by one.',
        });
      }
      yield chunk;
    }
  };
  for await (const [path, content] of entries) {
    const file = new ZipPassThrough(path);
    zip.add(file);
    for await (const chunk of chunksOf(content)) {
      file.push(chunk);
      yield* take();
    }
    file.push(new Uint8Array(0), true);
    yield* take();
  }
  zip.end();
  yield* take();
}

/** Weights hardly get smaller, and the text beside them is short: what unpacks to much more was made to fill memory. */
const MAX_GROWTH = 32;
const ALWAYS_ALLOWED_BYTES = 2 ** 24;

/**
 * Looks at each file of an archive before it is unpacked.
 *
 * @throws AttuneError FILE_CORRUPT.
 */
function inspecting(archiveBytes: number, name: string) {
  const limit = ALWAYS_ALLOWED_BYTES + MAX_GROWTH * archiveBytes;
  let total = 0;
  return ({ name: path, size, originalSize }: UnzipFileInfo) => {
    if (!staysInside(path)) {
      throw new AttuneError(
        'FILE_CORRUPT',
        `${name} has a file outside of itself: ${JSON.stringify(path)}.`,
        {
          fix: 'Do not use it.',
        },
      );
    }
    // Several may share the bytes of one, and what is said of their length may be a lie.
    total += Math.max(size, originalSize);
    if (total > limit) {
      throw new AttuneError(
        'FILE_CORRUPT',
        `${name} has ${archiveBytes} bytes, but would unpack to more than ${limit}.`,
        { fix: 'Do not use it.' },
      );
    }
    return true;
  };
}

/**
 * Reads a zip archive into memory: its files by path.
 *
 * @param name for messages.
 * @throws AttuneError FILE_CORRUPT if it is none, or one that would fill memory or leave its folder.
 */
export async function readZipArchive(
  archive: BlobLike,
  name = 'the archive',
): Promise<ReadonlyMap<string, Uint8Array>> {
  const bytes = new Uint8Array(await archive.arrayBuffer());
  try {
    const files = Object.entries(unzipSync(bytes, { filter: inspecting(bytes.byteLength, name) })).filter(
      ([path]) => !path.endsWith('/'),
    );
    return new Map(files);
  } catch (cause) {
    if (cause instanceof AttuneError) throw cause;
    throw new AttuneError('FILE_CORRUPT', `${name} is no zip archive: ${messageOf(cause)}.`, {
      fix: 'Choose a file that was downloaded here, or a zip of a run or of a checkpoint.',
      cause,
    });
  }
}
