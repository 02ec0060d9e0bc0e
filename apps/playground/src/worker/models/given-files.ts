import { readZipArchive, type BlobLike } from '@attune/files';
import type { PickedFile } from '../../messages/models.js';

/** Archives may come from anywhere, and are read into memory. */
const MAX_ARCHIVE_BYTES = 2 ** 31;

/** A file with its path in the folder that was opened. */
export interface GivenFile {
  readonly path: string;
  readonly blob: BlobLike;
}

/** Files that the user has given, and the name of their folder or archive, for messages. */
export interface GivenFiles {
  readonly name: string;
  readonly files: readonly GivenFile[];
}

/** The files of a folder that was chosen, or dropped. */
export function givenFolder(name: string, picked: readonly PickedFile[]): GivenFiles {
  return { name, files: picked.map(({ path, file }) => ({ path, blob: file })) };
}

/** The files of a zip. @throws AttuneError FILE_CORRUPT if it is none, or unpacks to more than a page reads. */
export async function givenArchive(archive: File): Promise<GivenFiles> {
  const { name } = archive;
  const files = await readZipArchive(archive, name, { maxBytes: MAX_ARCHIVE_BYTES });
  const blobOf = (bytes: Uint8Array): BlobLike => new Blob([bytes as Uint8Array<ArrayBuffer>]);
  return { name, files: [...files].map(([path, bytes]) => ({ path, blob: blobOf(bytes) })) };
}
