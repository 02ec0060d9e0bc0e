import { blobSource } from '../bytes/blob-source.js';
import { joined } from '../bytes/file-content.js';
import { readBytes } from '../folder/read-file.js';
import type { LogFile } from '../folder/folder.js';
import { browserWriteError, type DirectoryHandle, type SyncAccessFile } from './file-system.js';
import { plainBytes, writeFileAtomically, writeFully } from './write-file.js';

/** The first `length` bytes of a file. */
async function beginOf(directory: DirectoryHandle, name: string, length = Infinity): Promise<Uint8Array> {
  const blob = await (await directory.getFileHandle(name)).getFile();
  const source = blobSource(blob, name);
  return readBytes({ ...source, size: Math.min(length, source.size) }, { maxBytes: Infinity });
}

/** Changes a file in place, where the browser can. @returns false if it cannot. */
async function inPlace(
  directory: DirectoryHandle,
  name: string,
  change: (file: SyncAccessFile) => void,
): Promise<boolean> {
  const handle = await directory.getFileHandle(name);
  if (!handle.createSyncAccessHandle) return false;
  const file = await handle.createSyncAccessHandle();
  try {
    change(file);
    file.flush();
  } finally {
    file.close();
  }
  return true;
}

/** Adds bytes to the end of a file; where that is not possible, it is written again. */
async function appendTo(directory: DirectoryHandle, name: string, bytes: Uint8Array): Promise<void> {
  const appended = await inPlace(directory, name, (file) => {
    writeFully(file, plainBytes(bytes), file.getSize());
  });
  if (appended) return;
  const before = await beginOf(directory, name);
  const both = async function* () {
    yield before;
    yield bytes;
  };
  await writeFileAtomically(directory, name, both());
}

/** Opens a file to add to its end. Contents are gathered, and written by `sync`. @throws AttuneError FILE_WRITE. */
export async function openLogFile(directory: DirectoryHandle, name: string): Promise<LogFile> {
  const path = `${directory.name}/${name}`;
  await directory.getFileHandle(name, { create: true }).catch((error: unknown) => {
    throw browserWriteError(path, error);
  });
  let gathered: Uint8Array[] = [];
  const sync = async () => {
    const chunks = gathered;
    if (chunks.length === 0) return;
    gathered = [];
    try {
      await appendTo(directory, name, joined(chunks));
    } catch (error) {
      gathered = [...chunks, ...gathered];
      throw browserWriteError(path, error);
    }
  };
  return {
    append: async (content) =>
      void gathered.push(typeof content === 'string' ? new TextEncoder().encode(content) : content.slice()),
    sync,
    close: sync,
  };
}

/** Cuts a file off behind its first `length` bytes. @throws AttuneError FILE_WRITE. */
export async function truncateFile(directory: DirectoryHandle, name: string, length: number): Promise<void> {
  try {
    const cut = await inPlace(directory, name, (file) => file.truncate(length));
    if (!cut) await writeFileAtomically(directory, name, await beginOf(directory, name, length));
  } catch (error) {
    throw browserWriteError(`${directory.name}/${name}`, error);
  }
}
