import type { BigIntStats } from 'node:fs';
import { lstat, open, stat, type FileHandle } from 'node:fs/promises';
import { AttuneError } from '@attune/core';

type Identity = Pick<BigIntStats, 'dev' | 'ino'>;

/**
 * A folder that is written to by its path for as long as it is the one that was opened: where another takes its place, or a
 * link to another, nothing more is to be written.
 */
export class SameFolder {
  private constructor(
    private readonly path: string,
    private readonly identity: Identity,
    /** While it is open, no other folder gets its number. Windows opens no folders. */
    private readonly handle: FileHandle | undefined,
  ) {}

  /** @throws the error of `node:fs`. */
  static async open(path: string): Promise<SameFolder> {
    const handle = process.platform === 'win32' ? undefined : await open(path, 'r');
    const identity = handle ? await handle.stat({ bigint: true }) : await stat(path, { bigint: true });
    return new SameFolder(path, identity, handle);
  }

  /**
   * Looks whether the path still leads to the folder.
   *
   * @throws AttuneError FILE_WRITE if it does not.
   */
  async check(): Promise<void> {
    if (await this.isSame()) return;
    const now = await stat(this.path).catch(() => undefined);
    const link = (await lstat(this.path).catch(() => undefined))?.isSymbolicLink();
    const found = link ? 'a link to another folder' : now ? 'another folder' : 'gone';
    throw new AttuneError('FILE_WRITE', `${this.path} is ${found}: it was moved, removed or replaced.`, {
      fix: 'Nothing more is written. Leave the folder of a run alone while it runs.',
      data: { path: this.path },
    });
  }

  /** True if the path still leads to the folder. */
  async isSame(): Promise<boolean> {
    const now = await stat(this.path, { bigint: true }).catch(() => undefined);
    return now?.dev === this.identity.dev && now.ino === this.identity.ino;
  }

  async close(): Promise<void> {
    await this.handle?.close();
  }
}
