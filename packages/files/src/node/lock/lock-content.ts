import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { AttuneError, messageOf, systemCode } from '@attune/core';
import { checkOwnEntry, NO_FOLLOW } from '../read/own-entry.js';
import { isAlive, processStartTime } from '../process/process.js';

/** Who has a lock, as its file says. */
export interface LockOwner {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** When the process started, where the system tells: a later process may have the same pid. */
  readonly began: string | null;
}

/** The owner that a lock names; `undefined` if it names none. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<LockOwner> | null;
    const valid = typeof owner?.pid === 'number' && typeof owner.host === 'string';
    return valid ? (owner as LockOwner) : undefined;
  } catch {
    return undefined;
  }
}

/** True if the process that left a lock is gone. Of another machine's that cannot be said. */
export function isStale(owner: LockOwner | undefined): boolean {
  if (!owner) return true;
  if (owner.host !== hostname()) return false;
  return !isAlive(owner.pid) || processStartTime(owner.pid) !== owner.began;
}

/** A lock holds one short line. */
const MAX_LOCK_BYTES = 4096;

/**
 * The contents of a lock; `undefined` if there is none. What is no file is not opened: a pipe would be waited at.
 *
 * @throws AttuneError FILE_WRITE if there is something that is no lock of ours, or cannot be read.
 */
export async function readLock(path: string): Promise<string | undefined> {
  try {
    await checkOwnEntry(path, 'file');
    const file = await open(path, constants.O_RDONLY | NO_FOLLOW);
    try {
      if ((await file.stat()).size <= MAX_LOCK_BYTES) return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    if (cause instanceof AttuneError) throw cause;
    throw new AttuneError(
      'FILE_WRITE',
      `${path}, which says who works here, cannot be read: ${messageOf(cause)}.`,
      {
        fix: 'If no process is working in this folder, remove it; or choose another folder.',
        cause,
      },
    );
  }
  throw new AttuneError('FILE_WRITE', `${path} is too large to say who works here.`, {
    fix: 'If no process is working in this folder, remove it; or choose another folder.',
  });
}

/** As {@link readLock}, where it does not matter why nothing can be read. */
export function lockOrNothing(path: string): Promise<string | undefined> {
  return readLock(path).catch(() => undefined);
}
