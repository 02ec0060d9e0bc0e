import { createHash } from 'node:crypto';
import { constants, copyFile, link, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { AttuneError, systemCode } from '@attune/core';
import { isStale, lockOrNothing, parseOwner, readLock, type LockOwner } from './lock-content.js';
import { createOwner } from '../process/owner.js';

/** The error codes of a file system without hard links. */
const WITHOUT_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'EEXIST') return false;
    if (!WITHOUT_LINKS.includes(code)) throw error;
    return copied(from, to);
  }
}

async function copied(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Makes `path` a lock of ours, with the content of the file `own`.
 *
 * A link is made with its content, or not at all: nobody reads a lock that is half written. A stale lock is replaced
 * under a lock of its own, named after its content, so that of several who find it one replaces it. Whoever holds that
 * second lock looks again at the first: while it still is the stale one, nobody else may touch it. The second may be
 * left by a kill as well, and then is taken in the same way.
 */
export async function acquireLock(path: string, own: string, folder: string): Promise<void> {
  while (!(await linked(own, path))) {
    // It may have gone meanwhile. What is there and cannot be read, or is no file, would never go.
    const stale = await readLock(path);
    if (stale === undefined) continue;
    refuseIfAlive(path, parseOwner(stale), folder);
    const right = `${path}.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`;
    await acquireLock(right, own, folder);
    try {
      if ((await lockOrNothing(path)) !== stale) continue;
      // Renaming one name of a file onto another name of the same file does nothing: the copy is a file of its own.
      const copy = `${path}.${createOwner()}`;
      await copyFile(own, copy, constants.COPYFILE_EXCL);
      await rename(copy, path);
      return;
    } finally {
      await rm(right, { force: true });
    }
  }
}

/** @throws AttuneError RUN_LOCKED if the process that has a lock is alive. */
export function refuseIfAlive(path: string, owner: LockOwner | undefined, folder: string): void {
  if (!owner || isStale(owner)) return;
  throw new AttuneError('RUN_LOCKED', `Process ${owner.pid} on ${owner.host} is working in ${folder}.`, {
    fix:
      owner.host === hostname()
        ? 'Wait until it is done, or choose another folder.'
        : `Choose another folder; if it is not running any more, remove ${path}.`,
    data: { pid: owner.pid, host: owner.host },
  });
}
