import { blobSource, isMissing } from '../bytes/blob-source.js';
import type { DirectoryHandle } from './file-system.js';
import { writeFileAtomically } from './write-file.js';

/** Bytes copied at a time. */
const CHUNK_BYTES = 2 ** 20;

async function* contentOf(directory: DirectoryHandle, name: string): AsyncGenerator<Uint8Array> {
  const source = blobSource(await (await directory.getFileHandle(name)).getFile(), name);
  for (let offset = 0; offset < source.size; offset += CHUNK_BYTES) {
    yield await source.read(offset, Math.min(CHUNK_BYTES, source.size - offset));
  }
}

async function directoryOf(parent: DirectoryHandle, name: string): Promise<DirectoryHandle | undefined> {
  try {
    return await parent.getDirectoryHandle(name);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Copies a file, or a directory with all that is in it, within a directory or into another. */
export async function copyFiles(
  directory: DirectoryHandle,
  from: string,
  to: string,
  target: DirectoryHandle = directory,
): Promise<void> {
  const source = await directoryOf(directory, from);
  if (!source) {
    await writeFileAtomically(target, to, contentOf(directory, from));
    return;
  }
  const made = await target.getDirectoryHandle(to, { create: true });
  for await (const name of source.keys()) await copyFiles(source, name, name, made);
}
