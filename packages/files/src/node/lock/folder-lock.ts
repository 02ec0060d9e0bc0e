import { randomUUID } from 'node:crypto';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AttuneError, fileWriteError } from '@attune/core';
import type { FolderLock } from '../../folder/folder.js';
import { acquireLock, refuseIfAlive } from './acquire-lock.js';
import { isStale, lockOrNothing, parseOwner, readLock, type LockOwner } from './lock-content.js';
import { createOwner, stateOfOwner } from '../process/owner.js';
import { processStartTime } from '../process/process.js';
import { SameFolder } from './same-folder.js';

/** While a process works in a folder, this file says which. */
export const LOCK_FILE = 'run.lock';

/**
 * Takes the right to write to a folder, which one process at a time has. That of a process that is gone, because it was
 * killed, is taken over.
 *
 * @throws AttuneError RUN_LOCKED that names the process which has it; FILE_WRITE.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, LOCK_FILE);
  const content = await takeLock(path, folder);
  const release = async () => {
    if ((await lockOrNothing(path)) === content) await rm(path, { force: true });
  };
  let same: SameFolder;
  try {
    same = await SameFolder.open(folder);
  } catch (error) {
    await release();
    throw fileWriteError(folder, error);
  }
  return {
    async check() {
      await same.check();
      if ((await lockOrNothing(path)) === content) return;
      throw new AttuneError('FILE_WRITE', `${path} is gone: the folder was moved, removed or replaced.`, {
        fix: 'Nothing more is written. Leave the folder of a run alone while it runs.',
      });
    },
    async release() {
      // What took the place of the folder has no lock of ours.
      if (await same.isSame()) await release();
      await same.close();
    },
  };
}

/** Checks that no process has the right to write to a folder, and takes nothing. @throws AttuneError as {@link lockFolder}. */
export async function checkUnlocked(folder: string): Promise<void> {
  const path = join(folder, LOCK_FILE);
  const content = await readLock(path);
  if (content !== undefined) refuseIfAlive(path, parseOwner(content), folder);
}

/** Takes the lock. @returns what its file holds. */
async function takeLock(path: string, folder: string): Promise<string> {
  const { pid } = process;
  const owner: LockOwner = { id: randomUUID(), pid, host: hostname(), began: processStartTime(pid) };
  const content = `${JSON.stringify(owner)}\n`;
  const own = `${path}.${createOwner()}`;
  try {
    try {
      await writeFile(own, content, { flag: 'wx' });
      await acquireLock(path, own, folder);
      await sweep(folder);
      return content;
    } finally {
      await rm(own, { force: true });
    }
  } catch (error) {
    throw fileWriteError(path, error);
  }
}

/** A file without an owner may be one that another process is about to write: so long it is left alone. */
const BEING_WRITTEN_MS = 60_000;

/** Removes what processes left that were killed while they took the lock. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${LOCK_FILE}.`)) continue;
    const path = join(folder, name);
    const owner = parseOwner((await lockOrNothing(path)) ?? '');
    // Its name says whose it is, if it was killed before it wrote a byte.
    const left = owner
      ? isStale(owner)
      : stateOfOwner(name.slice(name.lastIndexOf('.') + 1)) === 'gone' ||
        (await isOlderThan(path, BEING_WRITTEN_MS));
    if (left) await rm(path, { force: true });
  }
}

async function isOlderThan(path: string, milliseconds: number): Promise<boolean> {
  const file = await stat(path).catch(() => undefined);
  return file !== undefined && Date.now() - file.mtimeMs > milliseconds;
}
