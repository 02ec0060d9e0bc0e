import { AttuneError } from '@attune/core';
import { Zip, ZipPassThrough } from 'fflate';
import { chunksOf, type FileContent } from '../bytes/file-content.js';

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
