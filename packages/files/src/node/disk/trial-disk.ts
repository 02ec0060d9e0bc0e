import { access, constants, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileWriteError, systemCode } from '@attune/core';
import { counted, type FileContent } from '../../bytes/file-content.js';
import type { FolderLock, LogFile, WritableFolder } from '../../folder/folder.js';
import { DiskFolder } from './disk-folder.js';
import { checkUnlocked } from '../lock/folder-lock.js';
import { hashPieces } from '../read/sha256.js';
import { checkMarked } from '../write/write-folder.js';

/** A change that a {@link TrialDisk} was asked for. */
export interface TrialChange {
  readonly path: string;
  /** A file written whole, one that is added to or cut off, or something that is removed. */
  readonly kind: 'write' | 'extend' | 'remove';
  /** The size of what is written, as far as it is known. */
  readonly bytes?: number;
}

/**
 * The disk, to read from; what is written to it is noted and goes nowhere. Code that writes through a `WritableFolder` shows
 * in this way what it would do, and is refused what it would be refused.
 */
export class TrialDisk {
  private readonly noted = new Map<string, TrialChange>();
  /** Folders that would have been made. */
  private readonly made = new Set<string>();

  /** The changes, in the order in which they were asked for; of several to one path the last. */
  get changes(): readonly TrialChange[] {
    return [...this.noted.values()];
  }

  /** A folder of the disk. @param fix what to do if it cannot be listed. */
  folder(path: string, fix?: string): WritableFolder {
    return new TrialFolder(path.replace(/(?<=.)\/+$/, ''), fix, this);
  }

  note(change: TrialChange): void {
    const key = change.path.replace(/(?<=.)\/$/, '');
    // What is removed first is not added to.
    const isAnew = change.kind === 'extend' && this.noted.get(key)?.kind === 'remove';
    this.noted.delete(key);
    this.noted.set(key, isAnew ? { ...change, kind: 'write' } : change);
  }

  /** The names in a folder once the changes are made. */
  listed(folder: string, present: readonly string[] | undefined): readonly string[] | undefined {
    const isRemoved = (name: string) => this.noted.get(join(folder, name))?.kind === 'remove';
    return present?.filter((name) => !isRemoved(name));
  }

  /** @throws the error of `node:fs` that making a folder would throw. */
  async make(path: string): Promise<boolean> {
    if (this.made.has(path)) return false;
    const found = await stat(path).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (found?.isDirectory()) return false;
    if (found)
      throw Object.assign(new Error(`EEXIST: file already exists, mkdir '${path}'`), { code: 'EEXIST' });
    await this.make(dirname(path));
    if (!this.made.has(dirname(path))) await access(dirname(path), constants.W_OK);
    this.made.add(path);
    return true;
  }

  /** @throws the error of `node:fs` that a new file in a folder would throw. */
  async requireWritable(folder: string): Promise<void> {
    if (this.made.has(folder)) return;
    await stat(folder);
    await access(folder, constants.W_OK);
  }
}

class TrialFolder extends DiskFolder {
  constructor(
    name: string,
    fix: string | undefined,
    private readonly disk: TrialDisk,
  ) {
    super(name, fix);
  }

  override async list(): Promise<readonly string[] | undefined> {
    return this.disk.listed(this.name, await super.list());
  }

  override folder(name: string): TrialFolder {
    return new TrialFolder(this.path(name), this.fix, this.disk);
  }

  override make(): Promise<boolean> {
    return this.writing(this.name, () => this.disk.make(this.name));
  }

  override async write(file: string, content: FileContent): Promise<string> {
    const path = this.path(file);
    await this.writing(path, () => this.disk.requireWritable(dirname(path)));
    let bytes = 0;
    const hash = await hashPieces(counted(content, (more) => void (bytes += more)));
    this.disk.note({ path, kind: 'write', bytes });
    return hash;
  }

  override async writeFolder(
    name: string,
    lastFile: string,
    write: (folder: WritableFolder) => Promise<void>,
  ): Promise<void> {
    const path = this.path(name);
    await this.writing(path, async () => {
      const present = await checkMarked(path, lastFile);
      await this.disk.make(path);
      // What is there goes as a whole: what the new folder has again is noted once more.
      for (const entry of present ?? []) this.disk.note({ path: join(path, entry), kind: 'remove' });
      await write(this.folder(name));
    });
  }

  override async openLog(file: string): Promise<LogFile> {
    await this.truncate(file);
    return {
      append: () => Promise.resolve(),
      sync: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  override async truncate(file: string): Promise<void> {
    const path = this.path(file);
    await this.writing(path, () => this.disk.requireWritable(dirname(path)));
    this.disk.note({ path, kind: 'extend' });
  }

  override async remove(name: string): Promise<void> {
    const path = this.path(name);
    if (await stat(path).catch(() => undefined)) this.disk.note({ path, kind: 'remove' });
  }

  override async rename(from: string, to: string): Promise<void> {
    this.disk.note({ path: this.path(from), kind: 'remove' });
    this.disk.note({ path: this.path(to), kind: 'write' });
  }

  /** Changes nothing: the leavings of a process that was killed stay as they are. */
  override async recover(): Promise<void> {
    await this.list();
  }

  override async lock(): Promise<FolderLock> {
    try {
      await checkUnlocked(this.name);
    } catch (error) {
      throw fileWriteError(this.name, error);
    }
    return { check: () => Promise.resolve(), release: () => Promise.resolve() };
  }
}
