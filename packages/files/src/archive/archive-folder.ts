import type { BlobLike } from '../bytes/blob-source.js';
import type { Folder } from '../folder/folder.js';
import { memoryFolder } from '../folder/memory-folder.js';
import { readZipArchive, type ZipLimits } from './read-archive.js';

/**
 * A zip archive as a folder. It is read into memory.
 *
 * @throws AttuneError FILE_CORRUPT as {@link readZipArchive}.
 */
export async function archiveFolder(archive: BlobLike, name?: string, limits?: ZipLimits): Promise<Folder> {
  return memoryFolder(await readZipArchive(archive, name, limits), name);
}
