import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AttuneError, fileWriteError, systemCode } from '@attune/core';
import { makeFolder } from './make-folder.js';
import { removeLeftBehind, temporaryPath } from './temporary.js';
import { syncFolder } from './write-file.js';

/**
 * Writes a folder whole or not at all: beside its place under a hidden name that nobody can guess, flushed to the disk,
 * then renamed. A folder that is already there is replaced, but only one of the same kind: what anybody else put there
 * stays. What processes that were killed left on the way is removed, or put back where it was about to be replaced.
 *
 * @param mark a file by which a folder of this kind is known.
 * @param write puts the files into the folder it is given.
 * @throws AttuneError FILE_WRITE; what `write` throws.
 */
export async function writeFolderAtomically(
  path: string,
  mark: string,
  write: (folder: string) => Promise<void>,
): Promise<void> {
  const parent = dirname(path);
  const temporary = temporaryPath(path);
  const [left, replaced] = ['tmp', 'old'].map((end) => join(parent, `.${basename(path)}.${end}`)) as [
    string,
    string,
  ];
  try {
    await putBack(replaced, path);
    const present = await checkMarked(path, mark);
    // What removing a checkpoint, or an earlier version, may have left when it was killed.
    await rm(left, { recursive: true, force: true });
    // Before the folder is in its place: once it is, it may be that nobody writes it again.
    await removeLeftBehind(path);
    await makeFolder(parent);
    await mkdir(temporary);
    await write(temporary);
    await syncFolder(temporary);
    await rm(replaced, { recursive: true, force: true });
    if (present) await rename(path, replaced);
    await rename(temporary, path);
    await syncFolder(parent);
    await rm(replaced, { recursive: true, force: true });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw fileWriteError(path, error);
  }
}

/**
 * Lists a folder that is to be replaced.
 *
 * @returns `undefined` if it does not exist.
 * @throws AttuneError FILE_WRITE if it is of another kind.
 */
export async function checkMarked(path: string, mark: string): Promise<string[] | undefined> {
  const present = await listFolder(path);
  if (!present || present.length === 0 || present.includes(mark)) return present;
  throw new AttuneError('FILE_WRITE', `${path} exists, and has no ${mark}: it is not replaced.`, {
    fix: 'Choose another folder.',
  });
}

/** Puts a folder back that was about to be replaced when the process was killed. */
async function putBack(replaced: string, path: string): Promise<void> {
  const [present, old] = await Promise.all([path, replaced].map((one) => lstat(one).catch(() => undefined)));
  if (!present && old?.isDirectory()) await rename(replaced, path);
}

/** Names in a folder; `undefined` if it does not exist. */
export async function listFolder(path: string): Promise<string[] | undefined> {
  try {
    return await readdir(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
