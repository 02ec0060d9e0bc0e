import { readdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AttuneError } from '@attune/core';
import { partialBytes } from '../cache/partial-file.js';
import type { RepositoryCache } from '../cache/repository-cache.js';
import type { HubFile } from '../repository/hub-file.js';

/** Bytes that are needed on a disk, and those that it has. */
export interface DiskSpace {
  readonly needed: number;
  /** `undefined` where the disk does not say. */
  readonly free?: number;
}

/** The disk of a folder, which need not exist yet. */
async function diskOf(folder: string) {
  for (let nearest = folder; ; nearest = dirname(nearest)) {
    const disk = await statfs(nearest).catch(() => undefined);
    if (disk || dirname(nearest) === nearest) return disk;
  }
}

/**
 * Compares what files that are not in the cache need with what the disk has.
 *
 * @param model that they are of, for the message.
 * @throws AttuneError FILE_WRITE if they do not fit.
 */
export async function requireDiskSpace(
  model: string,
  { blobs, path }: RepositoryCache,
  files: readonly HubFile[],
): Promise<DiskSpace> {
  const disk = await diskOf(blobs);
  const whole = files.reduce((sum, { size }) => sum + size, 0);
  const isThere = (await readdir(blobs).catch(() => undefined)) !== undefined;
  const needed = whole - (isThere ? await partialBytes(blobs, files) : 0);
  // Some network file systems say that they have no blocks at all.
  if (!disk || disk.blocks === 0) return { needed };
  const free = disk.bavail * disk.bsize;
  if (needed <= free) return { needed, free };
  throw new AttuneError(
    'FILE_WRITE',
    `${model} needs ${needed} more bytes on the disk, and ${free} are free in ${path}.`,
    { fix: 'Free some disk space, or set HF_HUB_CACHE to a folder on a larger disk.' },
  );
}
