import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { constants, copyFile, link, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AttuneError, messageOf, systemCode } from '@attune/core';
import { createOwner, stateOfOwner } from '@attune/hub';
import { writing } from '../files.js';
import { checkOwnEntry, NO_FOLLOW } from './own-entries.js';

/** While a process works in a run's folder, this file says which. */
export const RUN_LOCK = 'run.lock';

/** What a file system says that has no hard links. */
const WITHOUT_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

interface Owner {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** When the process began, where the system tells: a later process may have the same pid. */
  readonly began: string | null;
}

/** When a process began, in the system's own count; `null` where there is no `/proc`. */
function beginOf(pid: number): string | null {
  try {
    // The command, in parentheses, may hold blanks: fields are counted from behind it. The start is the 22nd.
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is not ours to signal, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner> | null;
    const valid = typeof owner?.pid === 'number' && typeof owner.host === 'string';
    return valid ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the process that left a lock is gone. Of another machine's that cannot be said. */
function isStale(owner: Owner | undefined): boolean {
  if (!owner) return true;
  if (owner.host !== hostname()) return false;
  return !isAlive(owner.pid) || beginOf(owner.pid) !== owner.began;
}

/** A lock holds one short line. */
const MAX_LOCK_BYTES = 4096;

/**
 * The contents of a lock; `undefined` if there is none. What is no file is not opened: a pipe would be waited at.
 *
 * @throws AttuneError FILE_WRITE if there is something that is no lock of ours, or cannot be read.
 */
async function readLock(path: string): Promise<string | undefined> {
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
function lockOrNothing(path: string): Promise<string | undefined> {
  return readLock(path).catch(() => undefined);
}

/** The right to write to a run's folder: one process at a time has it. */
export class RunLock {
  private constructor(
    private readonly path: string,
    private readonly content: string,
  ) {}

  /**
   * Takes the lock. That of a process that is gone, because it was killed, is taken over.
   *
   * @throws AttuneError RUN_LOCKED that names the process which has it; FILE_WRITE.
   */
  static async take(run: string): Promise<RunLock> {
    const path = join(run, RUN_LOCK);
    const { pid } = process;
    const owner: Owner = { id: randomUUID(), pid, host: hostname(), began: beginOf(pid) };
    const content = `${JSON.stringify(owner)}\n`;
    const own = `${path}.${createOwner()}`;
    return writing(path, async () => {
      try {
        await writeFile(own, content, { flag: 'wx' });
        await acquire(path, own, run);
        await sweep(run);
        return new RunLock(path, content);
      } finally {
        await rm(own, { force: true });
      }
    });
  }

  /** @throws AttuneError FILE_WRITE if the folder was removed or replaced meanwhile. */
  async check(): Promise<void> {
    if ((await lockOrNothing(this.path)) === this.content) return;
    throw new AttuneError('FILE_WRITE', `${this.path} is gone: the folder was moved, removed or replaced.`, {
      fix: 'Nothing more is written. Leave the folder of a run alone while it runs.',
    });
  }

  async release(): Promise<void> {
    const current = await lockOrNothing(this.path);
    if (current === this.content) await rm(this.path, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
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
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
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
async function acquire(path: string, own: string, run: string): Promise<void> {
  while (!(await linked(own, path))) {
    // It may have gone meanwhile. What is there and cannot be read, or is no file, would never go.
    const stale = await readLock(path);
    if (stale === undefined) continue;
    refuseIfAlive(path, parseOwner(stale), run);
    const right = `${path}.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`;
    await acquire(right, own, run);
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

function refuseIfAlive(path: string, owner: Owner | undefined, run: string): void {
  if (!owner || isStale(owner)) return;
  throw new AttuneError('RUN_LOCKED', `Process ${owner.pid} on ${owner.host} is working in ${run}.`, {
    fix:
      owner.host === hostname()
        ? 'Wait until it is done, or choose another folder.'
        : `Choose another folder; if it is not running any more, remove ${path}.`,
    data: { pid: owner.pid, host: owner.host },
  });
}

/** A file without an owner may be one that another process is about to write: so long it is left alone. */
const BEING_WRITTEN_MS = 60_000;

/** Removes what processes left that were killed while they took the lock. */
async function sweep(run: string): Promise<void> {
  for (const name of await readdir(run)) {
    if (!name.startsWith(`${RUN_LOCK}.`)) continue;
    const path = join(run, name);
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
