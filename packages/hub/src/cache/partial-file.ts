import { lstat, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '@attune/core';
import { createOwner, stateOfOwner } from '@attune/files/node';

/**
 * A file that is being downloaded, under a name that says who does it:
 *
 *     <etag>.attune-<owner>.incomplete     one process writes to it
 *     <etag>.attune.incomplete             nobody does: it can be gone on with
 *
 * To take one over is to rename it, and of several processes that try, exactly one succeeds. So no two ever write to the
 * same file, and nothing has to be unlocked after a kill. Python's huggingface_hub has names of its own, which we leave
 * alone as it leaves ours.
 */
export interface PartialFile {
  readonly path: string;
  /** Puts the finished file in its place. */
  publish(): Promise<void>;
  /** Leaves what has arrived for the next attempt. */
  release(): Promise<void>;
  /** Forgets what has arrived. */
  discard(): Promise<void>;
}

/** So long after its last write, a partial file of another machine counts as left behind. */
const LEFT_BEHIND_MS = 15 * 60_000;

/** Who fetches a blob, or did when it was killed; in an order that all agree on. */
async function owners(folder: string, etag: string): Promise<string[]> {
  const [prefix, suffix] = [`${etag}.attune-`, '.incomplete'];
  return (await readdir(folder))
    .filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
    .map((name) => name.slice(prefix.length, -suffix.length))
    .sort();
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function isAtWork(owner: string, path: string): Promise<boolean> {
  const state = stateOfOwner(owner);
  if (state !== 'unknown') return state === 'alive';
  const file = await stat(path).catch(() => undefined);
  return file !== undefined && Date.now() - file.mtimeMs < LEFT_BEHIND_MS;
}

/**
 * Takes the right to download a blob: goes on with what somebody left behind, or starts over.
 *
 * @param folder `blobs`.
 * @returns `undefined` while another process is at it.
 */
export async function takePartialFile(folder: string, etag: string): Promise<PartialFile | undefined> {
  const own = createOwner();
  const pathOf = (owner: string) => join(folder, `${etag}.attune-${owner}.incomplete`);
  const free = join(folder, `${etag}.attune.incomplete`);
  const path = pathOf(own);
  const partial: PartialFile = {
    path,
    async publish() {
      await rename(path, join(folder, etag));
      // What others left behind of it is of no use any more.
      for (const owner of await owners(folder, etag)) {
        if (!(await isAtWork(owner, pathOf(owner)))) await rm(pathOf(owner), { force: true });
      }
      await rm(free, { force: true });
    },
    release: async () => void (await renamed(path, free)),
    discard: () => rm(path, { force: true }),
  };

  const left: string[] = [];
  for (const owner of await owners(folder, etag)) {
    if (await isAtWork(owner, pathOf(owner))) return undefined;
    left.push(pathOf(owner));
  }
  for (const candidate of [free, ...left]) {
    if (!(await renamed(candidate, path))) continue;
    // Through a link that somebody put there, what arrives would be written to where it leads.
    if ((await lstat(path)).isFile()) return partial;
    await rm(path, { recursive: true });
  }

  await (await open(path, 'wx')).close();
  for (const other of await owners(folder, etag)) {
    if (other < own && (await isAtWork(other, pathOf(other)))) {
      await partial.discard();
      return undefined;
    }
  }
  return partial;
}

/** How much of some blobs has arrived already. */
export async function partialBytes(folder: string, files: readonly { etag: string }[]): Promise<number> {
  const etags = new Set(files.map(({ etag }) => etag));
  let bytes = 0;
  for (const name of await readdir(folder)) {
    const [etag = '', rest = ''] = name.split('.attune');
    if (!etags.has(etag) || !rest.endsWith('.incomplete')) continue;
    bytes += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}
