import type { ByteSource, Folder } from '@attune/files';

/** Bytes of a file of an archive that are read at a time. */
const ARCHIVE_CHUNK_BYTES = 2 ** 20;

/** The bytes of a source from its beginning to its end, so many at a time. */
export async function* readChunks(source: ByteSource, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < source.size; offset += chunkBytes) {
    yield await source.read(offset, Math.min(chunkBytes, source.size - offset));
  }
}

/** The contents of a file as an archive takes them. It is opened when they are read. */
export async function* contentOf(folder: Folder, file: string): AsyncGenerator<Uint8Array> {
  yield* readChunks(await folder.open(file), ARCHIVE_CHUNK_BYTES);
}
