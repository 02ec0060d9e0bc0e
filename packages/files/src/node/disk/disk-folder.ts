import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileReadError, fileWriteError, systemCode } from '@attune/core';
import type { OpenFile } from '../../bytes/byte-source.js';
import type { FileContent } from '../../bytes/file-content.js';
import type { FolderLock, LogFile, WritableFolder } from '../../folder/folder.js';
import { lockFolder } from '../lock/folder-lock.js';
import { openLogFile, truncateFile } from '../write/log-file.js';
import { makeFolder } from '../write/make-folder.js';
import { openFile } from '../read/open-file.js';
import { checkOwnEntry } from '../read/own-entry.js';
import { recoverWrites } from '../write/recover.js';
import { removePath } from '../write/remove.js';
import { hashFile } from '../read/sha256.js';
import { writeFileAtomically } from '../write/write-file.js';
import { writeFolderAtomically } from '../write/write-folder.js';

/** A folder on disk. */
export class DiskFolder implements WritableFolder {
  constructor(
    readonly name: string,
    protected readonly fix: string | undefined,
  ) {}

  async list(): Promise<readonly string[] | undefined> {
    try {
      return await readdir(this.name);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw fileReadError(this.name, error, this.fix);
    }
  }

  async has(file: string): Promise<boolean> {
    const path = this.path(file);
    try {
      return (await stat(path)).isFile();
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false;
      throw fileReadError(path, error);
    }
  }

  open(file: string, fix?: string): Promise<OpenFile> {
    return openFile(this.path(file), fix);
  }

  sha256(file: string): Promise<string> {
    return hashFile(this.path(file));
  }

  async identity(): Promise<string | undefined> {
    const found = await stat(this.name, { bigint: true }).catch(() => undefined);
    return found && `${found.dev}:${found.ino}`;
  }

  folder(name: string): DiskFolder {
    return new DiskFolder(this.path(name), this.fix);
  }

  make(): Promise<boolean> {
    return this.writing(this.name, () => makeFolder(this.name));
  }

  write(file: string, content: FileContent): Promise<string> {
    return writeFileAtomically(this.path(file), content);
  }

  writeFolder(
    name: string,
    lastFile: string,
    write: (folder: WritableFolder) => Promise<void>,
  ): Promise<void> {
    return writeFolderAtomically(this.path(name), lastFile, (path) => write(diskFolder(path)));
  }

  openLog(file: string): Promise<LogFile> {
    return openLogFile(this.path(file));
  }

  truncate(file: string, length: number): Promise<void> {
    return truncateFile(this.path(file), length);
  }

  remove(name: string): Promise<void> {
    return removePath(this.path(name));
  }

  rename(from: string, to: string): Promise<void> {
    const path = this.path(to);
    return this.writing(path, async () => {
      await rm(path, { recursive: true, force: true });
      await rename(this.path(from), path);
    });
  }

  checkOwn(name: string, expected: 'file' | 'folder'): Promise<void> {
    const path = this.path(name);
    return this.writing(path, () => checkOwnEntry(path, expected));
  }

  recover(isOurs: (name: string) => boolean): Promise<void> {
    return recoverWrites(this.name, isOurs);
  }

  lock(): Promise<FolderLock> {
    return lockFolder(this.name);
  }

  protected path(name: string): string {
    return join(this.name, name);
  }

  protected async writing<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fileWriteError(path, error);
    }
  }
}

/**
 * A folder on disk. Its name is its path.
 *
 * @param fix what to do if it cannot be listed.
 */
export function diskFolder(path: string, fix?: string): WritableFolder {
  // Without the slash at its end, with which a shell completes it.
  return new DiskFolder(path.replace(/(?<=.)\/+$/, ''), fix);
}
