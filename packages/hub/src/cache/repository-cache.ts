import { copyFile, constants, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileWriteError, systemCode } from '@attune/core';
import { makeFolder, readTextFile, replaceAtomically } from '@attune/files/node';
import { isCommit } from '../repository/read-repository.js';
import type { HubFile } from '../repository/hub-file.js';

/** A reference is a commit, and perhaps a line end. */
const MAX_REF_BYTES = 100;

/** The error codes of a system that has no symbolic links, or does not permit any. */
const WITHOUT_SYMLINKS = ['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL'];

/**
 * The folder of one model in the cache that Hugging Face's libraries share:
 *
 *     models--organisation--model/
 *       blobs/<etag>               contents, each once
 *       refs/<revision>            the commit of a branch or tag
 *       snapshots/<commit>/<name>  links to blobs: a folder as the hub shows it
 */
export class RepositoryCache {
  readonly path: string;

  constructor(
    cacheDir: string,
    name: string,
    private readonly symlinks: boolean,
  ) {
    this.path = join(cacheDir, `models--${name.replaceAll('/', '--')}`);
  }

  get blobs(): string {
    return join(this.path, 'blobs');
  }

  snapshot(commit: string): string {
    return join(this.path, 'snapshots', commit);
  }

  /** The commit that a revision stood for when it was last asked for. */
  async readRef(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    // Other programs write here as well: where it cannot be read, or is no reference, there is none.
    const path = join(this.path, 'refs', revision);
    const text = await readTextFile(path, { maxBytes: MAX_REF_BYTES }).catch(() => '');
    return isCommit(text.trim()) ? text.trim() : undefined;
  }

  async writeRef(revision: string, commit: string): Promise<void> {
    if (isCommit(revision) || (await this.readRef(revision)) === commit) return;
    await this.atomically(join(this.path, 'refs', revision), (path) =>
      writeFile(path, commit, { flag: 'wx' }),
    );
  }

  /** True if a snapshot has a file, whole as far as its length tells. */
  async has(commit: string, file: HubFile): Promise<boolean> {
    return hasSize(join(this.snapshot(commit), file.name), file.size);
  }

  /** True if a blob is there. One of a wrong size, which a crash may have left, is removed. */
  async hasBlob({ etag, size }: HubFile): Promise<boolean> {
    const path = join(this.blobs, etag);
    if (await hasSize(path, size)) return true;
    await rm(path, { force: true });
    return false;
  }

  /** Shows a blob in a snapshot: as a link, or where there are none, as a copy. */
  async show(commit: string, { name, etag }: HubFile): Promise<void> {
    const path = join(this.snapshot(commit), name);
    await this.atomically(path, async (temporary) => {
      if (this.symlinks) {
        try {
          // Relative, so that the cache can be moved.
          await symlink(join('..', '..', 'blobs', etag), temporary);
          return;
        } catch (error) {
          if (!WITHOUT_SYMLINKS.includes(systemCode(error) ?? '')) throw error;
        }
      }
      const exclusively = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
      await copyFile(join(this.blobs, etag), temporary, exclusively);
    });
  }

  private async atomically(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
    try {
      await makeFolder(dirname(path));
    } catch (error) {
      throw fileWriteError(path, error);
    }
    await replaceAtomically(path, write);
  }
}

async function hasSize(path: string, size: number): Promise<boolean> {
  const file = await stat(path).catch(() => undefined);
  return file?.isFile() === true && file.size === size;
}
