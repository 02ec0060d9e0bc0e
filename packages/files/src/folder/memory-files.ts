import { AttuneError } from '@attune/core';

/**
 * The state that folders in memory share: the files of all of them by path, and which folders there are and are
 * locked.
 */
export class MemoryFiles {
  readonly files: Map<string, Uint8Array>;
  /** Paths of folders that were made, ending in `/`. */
  readonly made = new Set<string>(['']);
  readonly locked = new Set<string>();

  constructor(files: Iterable<readonly [string, Uint8Array]>) {
    this.files = new Map(files);
  }

  /** Paths below a folder, whose own ends in `/`. */
  below(prefix: string): string[] {
    return [...this.files.keys(), ...this.made].filter((path) => path.startsWith(prefix) && path !== prefix);
  }

  isFolder(prefix: string): boolean {
    return this.made.has(prefix) || this.below(prefix).length > 0;
  }

  /** Removes a file or a folder. */
  remove(path: string): void {
    this.files.delete(path);
    for (const one of [`${path}/`, ...this.below(`${path}/`)]) {
      this.files.delete(one);
      this.made.delete(one);
    }
  }

  /** Gives a file or folder another path, and replaces what has that one. */
  move(from: string, to: string): void {
    const moved = [from, `${from}/`, ...this.below(`${from}/`)].map((path) => ({
      path: to + path.slice(from.length),
      bytes: this.files.get(path),
      made: this.made.has(path),
    }));
    this.remove(from);
    this.remove(to);
    for (const { path, bytes, made } of moved) {
      if (bytes) this.files.set(path, bytes);
      if (made) this.made.add(path);
    }
  }
}

/** FILE_WRITE for memory. */
export function notWritten(path: string, reason: string, fix = 'Choose another name.'): AttuneError {
  return new AttuneError('FILE_WRITE', `${path} ${reason}.`, { fix });
}
