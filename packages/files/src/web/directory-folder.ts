import { AttuneError } from '@attune/core';
import { blobSource, browserReadError, isMissing } from '../bytes/blob-source.js';
import type { OpenFile } from '../bytes/byte-source.js';
import type { FileContent } from '../bytes/file-content.js';
import { hashSource } from '../bytes/sha256.js';
import type { FolderLock, LogFile, WritableFolder } from '../folder/folder.js';
import { parseTemporary } from '../folder/temporary-name.js';
import { cacheWindows } from './cache-windows.js';
import { copyFiles } from './copy-files.js';
import { browserWriteError, type DirectoryHandle } from './file-system.js';
import { takeWebLock, type LockManager } from './folder-lock.js';
import { openLogFile, truncateFile } from './log-file.js';
import { writeFileAtomically } from './write-file.js';

/** How a folder of a browser is locked. */
export interface DirectoryFolderOptions {
  /** For messages. Default: that of its handle. */
  readonly name?: string;
  /** Name of the lock. Default: `attune:` and the folder's. */
  readonly lockName?: string;
  /** Default: `navigator.locks`. */
  readonly locks?: LockManager;
}

/** Directories cannot be renamed: what replaces one that is whole has its name with this end, until it is replaced itself. */
const NEW = '.new';

type Find = (create: boolean) => Promise<DirectoryHandle>;

class DirectoryFolder implements WritableFolder {
  constructor(
    readonly name: string,
    private readonly find: Find,
    private readonly options: DirectoryFolderOptions,
  ) {}

  async list(): Promise<readonly string[] | undefined> {
    try {
      const directory = await this.find(false);
      const names = new Set<string>();
      for await (const entry of directory.keys()) names.add(await shownName(directory, entry));
      return [...names];
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw browserReadError(this.name, error);
    }
  }

  async has(file: string): Promise<boolean> {
    try {
      await (await this.find(false)).getFileHandle(file);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw browserReadError(`${this.name}/${file}`, error);
    }
  }

  async open(file: string, fix?: string): Promise<OpenFile> {
    const path = `${this.name}/${file}`;
    try {
      const folders = file.split('/');
      const last = folders.pop()!;
      let directory = await this.find(false);
      for (const folder of folders) directory = await directory.getDirectoryHandle(folder);
      return cacheWindows(blobSource(await (await directory.getFileHandle(last)).getFile(), path));
    } catch (error) {
      throw browserReadError(path, error, fix);
    }
  }

  async sha256(file: string): Promise<string> {
    return hashSource(await this.open(file));
  }

  folder(name: string, lastFile?: string): DirectoryFolder {
    const find: Find = async (create) => {
      const directory = await this.find(create);
      const replaced = lastFile !== undefined && (await isWhole(directory, name + NEW, lastFile));
      return directory.getDirectoryHandle(replaced ? name + NEW : name, { create });
    };
    return new DirectoryFolder(`${this.name}/${name}`, find, {
      ...this.options,
      lockName: undefined,
      name: undefined,
    });
  }

  async make(): Promise<boolean> {
    return this.writing(this.name, async () => {
      const isThere = await this.find(false).then(
        () => true,
        () => false,
      );
      if (!isThere) await this.find(true);
      return !isThere;
    });
  }

  async write(file: string, content: FileContent): Promise<string> {
    const path = `${this.name}/${file}`;
    return this.writing(path, async () => writeFileAtomically(await this.find(false), file, content, path));
  }

  async writeFolder(
    name: string,
    lastFile: string,
    write: (folder: WritableFolder) => Promise<void>,
  ): Promise<void> {
    await this.writing(`${this.name}/${name}`, async () => {
      const directory = await this.find(true);
      const replaces = await isWhole(directory, name, lastFile);
      const [taken, other] = replaces ? [name + NEW, name] : [name, name + NEW];
      // What a tab that was closed may have left.
      await removeIfThere(directory, taken);
      const made = await directory.getDirectoryHandle(taken, { create: true });
      await write(new DirectoryFolder(`${this.name}/${name}`, async () => made, this.options));
      await removeIfThere(directory, other);
    });
  }

  async openLog(file: string): Promise<LogFile> {
    return this.writing(`${this.name}/${file}`, async () => openLogFile(await this.find(false), file));
  }

  async truncate(file: string, length: number): Promise<void> {
    await this.writing(`${this.name}/${file}`, async () =>
      truncateFile(await this.find(false), file, length),
    );
  }

  async remove(name: string, lastFile?: string): Promise<void> {
    await this.writing(`${this.name}/${name}`, async () => {
      const directory = await this.find(false).catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
      if (!directory) return;
      const names = lastFile === undefined ? [name] : [name, name + NEW];
      // The older first: else it would be taken for whole when the newer is gone.
      for (const one of names) {
        if (lastFile !== undefined && (await isWhole(directory, one, lastFile))) {
          await removeIfThere(await directory.getDirectoryHandle(one), lastFile);
        }
        await removeIfThere(directory, one);
      }
    });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.writing(`${this.name}/${to}`, async () => {
      const directory = await this.find(false);
      await removeIfThere(directory, to);
      await copyFiles(directory, from, to);
      await removeIfThere(directory, from);
    });
  }

  async checkOwn(name: string, expected: 'file' | 'folder'): Promise<void> {
    const path = `${this.name}/${name}`;
    try {
      const directory = await this.find(false);
      await (expected === 'file' ? directory.getFileHandle(name) : directory.getDirectoryHandle(name));
    } catch (error) {
      if ((error as { readonly name?: string }).name === 'NotFoundError') return;
      if (!isMissing(error)) throw browserWriteError(path, error);
      throw new AttuneError('FILE_WRITE', `${path} is no ${expected}, which it should be.`, {
        fix: 'Choose another folder.',
        cause: error,
      });
    }
  }

  async recover(isOurs: (name: string) => boolean): Promise<void> {
    await this.writing(this.name, async () => {
      const directory = await this.find(false).catch(() => undefined);
      for (const entry of (await this.list()) ?? []) {
        const found = parseTemporary(entry);
        if (found && isOurs(found.name)) await removeIfThere(directory!, entry);
      }
    });
  }

  async lock(): Promise<FolderLock> {
    const { lockName = `attune:${this.name}`, locks = ownLocks() } = this.options;
    const release = await takeWebLock(lockName, this.name, locks);
    return {
      check: async () => {
        if ((await this.list().catch(() => undefined)) !== undefined) return;
        throw new AttuneError('FILE_WRITE', `${this.name} is gone: it was removed.`, {
          fix: 'Nothing more is written. Begin again.',
        });
      },
      release: async () => release(),
    };
  }

  private async writing<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw browserWriteError(path, error);
    }
  }
}

/** The locks of this site. @throws AttuneError FILE_WRITE where the browser has none. */
function ownLocks(): LockManager {
  const { navigator } = globalThis as unknown as { navigator?: { readonly locks?: LockManager } };
  if (navigator?.locks) return navigator.locks;
  throw new AttuneError('FILE_WRITE', 'This browser has no locks, by which one tab at a time writes.', {
    fix: 'Open the page over HTTPS, in a browser of today.',
  });
}

/** The name that an entry is listed by: that of the directory it replaces. */
async function shownName(directory: DirectoryHandle, entry: string): Promise<string> {
  if (!entry.endsWith(NEW)) return entry;
  const isDirectory = await directory.getDirectoryHandle(entry).then(
    () => true,
    () => false,
  );
  return isDirectory ? entry.slice(0, -NEW.length) : entry;
}

/** True if a directory was written to the end. */
async function isWhole(directory: DirectoryHandle, name: string, lastFile: string): Promise<boolean> {
  try {
    await (await directory.getDirectoryHandle(name)).getFileHandle(lastFile);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function removeIfThere(directory: DirectoryHandle, name: string): Promise<void> {
  await directory.removeEntry(name, { recursive: true }).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

/**
 * A directory of the browser's private file system, or one that the user has opened, as a folder. A file that is open
 * keeps up to 16 MiB of what short reads were taken from: windows of tokens need not come from the browser one by one.
 *
 * @param options a name for messages, or more.
 */
export function directoryFolder(
  directory: DirectoryHandle,
  options: string | DirectoryFolderOptions = {},
): WritableFolder {
  const all = typeof options === 'string' ? { name: options } : options;
  return new DirectoryFolder(all.name ?? directory.name, async () => directory, all);
}
