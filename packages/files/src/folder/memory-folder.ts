import { AttuneError } from '@attune/core';
import { memorySource, type OpenFile } from '../bytes/byte-source.js';
import { bytesOf, joined, type FileContent } from '../bytes/file-content.js';
import { hashBytes } from '../bytes/sha256.js';
import type { FolderLock, LogFile, WritableFolder } from './folder.js';
import { MemoryFiles, notWritten } from './memory-files.js';

class MemoryFolder implements WritableFolder {
  constructor(
    private readonly all: MemoryFiles,
    /** Path of the folder, ending in `/`; empty for the outermost. */
    private readonly prefix: string,
    readonly name: string,
  ) {}

  async list(): Promise<readonly string[] | undefined> {
    if (!this.all.isFolder(this.prefix)) return undefined;
    const inside = this.all.below(this.prefix).map((path) => path.slice(this.prefix.length).split('/')[0]!);
    return [...new Set(inside)];
  }

  async has(file: string): Promise<boolean> {
    return this.all.files.has(this.prefix + file);
  }

  async open(file: string, fix?: string): Promise<OpenFile> {
    return memorySource(this.bytesOf(file, fix), `${this.name}/${file}`);
  }

  async sha256(file: string): Promise<string> {
    return hashBytes(this.bytesOf(file));
  }

  folder(name: string): MemoryFolder {
    return new MemoryFolder(this.all, `${this.prefix}${name}/`, `${this.name}/${name}`);
  }

  async make(): Promise<boolean> {
    if (this.all.isFolder(this.prefix)) return false;
    const parts = this.prefix.slice(0, -1).split('/');
    parts.forEach((_, i) => this.all.made.add(`${parts.slice(0, i + 1).join('/')}/`));
    return true;
  }

  async write(file: string, content: FileContent): Promise<string> {
    const bytes = await bytesOf(content);
    await this.checkOwn(file, 'file');
    this.put(file, bytes);
    return hashBytes(bytes);
  }

  async writeFolder(
    name: string,
    lastFile: string,
    write: (folder: WritableFolder) => Promise<void>,
  ): Promise<void> {
    const present = await this.folder(name).list();
    if (present && present.length > 0 && !present.includes(lastFile)) {
      const path = `${this.name}/${name}`;
      throw notWritten(path, `exists, and has no ${lastFile}: it is not replaced`, 'Choose another folder.');
    }
    await this.make();
    const temporary = `.${name}.tmp`;
    await this.remove(temporary);
    const folder = this.folder(temporary);
    try {
      await folder.make();
      await write(folder);
      await this.rename(temporary, name);
    } finally {
      await this.remove(temporary);
    }
  }

  async openLog(file: string): Promise<LogFile> {
    await this.checkOwn(file, 'file');
    if (!(await this.has(file))) this.put(file, new Uint8Array(0));
    return {
      append: async (content) => {
        const added = typeof content === 'string' ? new TextEncoder().encode(content) : content;
        this.put(file, joined([this.bytesOf(file), added]));
      },
      sync: async () => undefined,
      close: async () => undefined,
    };
  }

  async truncate(file: string, length: number): Promise<void> {
    this.put(file, this.bytesOf(file).slice(0, length));
  }

  async remove(name: string): Promise<void> {
    this.all.remove(this.prefix + name);
  }

  async rename(from: string, to: string): Promise<void> {
    const path = this.prefix + from;
    if (!this.all.files.has(path) && !this.all.isFolder(`${path}/`)) {
      throw notWritten(`${this.name}/${from}`, 'does not exist');
    }
    this.all.move(path, this.prefix + to);
  }

  async checkOwn(name: string, expected: 'file' | 'folder'): Promise<void> {
    const path = this.prefix + name;
    const found = this.all.files.has(path) ? 'file' : this.all.isFolder(`${path}/`) ? 'folder' : expected;
    if (found !== expected) throw notWritten(`${this.name}/${name}`, `is a ${found}, not a ${expected}`);
  }

  async recover(): Promise<void> {
    // What was not finished went with the process.
  }

  async lock(): Promise<FolderLock> {
    const { prefix, name } = this;
    const { locked } = this.all;
    if (locked.has(prefix)) {
      throw new AttuneError('RUN_LOCKED', `This process is working in ${name}.`, {
        fix: 'Wait until it is done, or choose another folder.',
      });
    }
    locked.add(prefix);
    return {
      check: async () => {
        if (this.all.isFolder(prefix)) return;
        throw notWritten(name, 'is gone: it was moved, removed or replaced', 'Nothing more is written.');
      },
      release: async () => void locked.delete(prefix),
    };
  }

  private put(file: string, bytes: Uint8Array): void {
    if (!this.all.isFolder(this.prefix)) throw notWritten(this.name, 'does not exist');
    this.all.files.set(this.prefix + file, bytes);
  }

  private bytesOf(file: string, fix?: string): Uint8Array {
    const bytes = this.all.files.get(this.prefix + file);
    if (bytes) return bytes;
    throw new AttuneError('FILE_NOT_FOUND', `${this.name}/${file} does not exist.`, { fix });
  }
}

/**
 * A folder in memory.
 *
 * @param files that are in it, by path, with `/` between folders. They are not copied; what is written later is not put
 * into the map.
 */
export function memoryFolder(
  files: Iterable<readonly [path: string, bytes: Uint8Array]> = [],
  name = 'memory',
): WritableFolder {
  return new MemoryFolder(new MemoryFiles(files), '', name);
}
