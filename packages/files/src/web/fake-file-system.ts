import type { BlobLike } from '../bytes/blob-source.js';
import { joined } from '../bytes/file-content.js';
import type { DirectoryHandle, FileHandle } from './file-system.js';

/** The abilities of the browser of a {@link fakeFileSystem}, and when it fails. */
export interface FakeBrowser {
  /** How files are written. Default `writable`. */
  readonly writes?: 'writable' | 'sync' | 'none';
  /** False if files cannot be moved. Default true. */
  readonly moves?: boolean;
  /** Called before each thing that is written, with the name of the file: may throw. */
  onWrite?(file: string): void;
}

const missing = (name: string) => new DOMException(`${name} is missing`, 'NotFoundError');
const mismatch = (name: string) => new DOMException(`${name} is of another kind`, 'TypeMismatchError');

/** An empty private file system in memory, as the File System API shows it: for tests of what runs in a browser. */
export function fakeFileSystem(browser: FakeBrowser = {}): DirectoryHandle {
  return directory('root', browser);
}

function directory(name: string, browser: FakeBrowser): DirectoryHandle {
  const directories = new Map<string, DirectoryHandle>();
  const files = new Map<string, Uint8Array<ArrayBuffer>>();

  const handleOf = (file: string): FileHandle => {
    const { writes = 'writable', moves = true } = browser;
    const handle: FileHandle = {
      kind: 'file',
      name: file,
      async getFile(): Promise<BlobLike> {
        const bytes = files.get(file);
        if (!bytes) throw missing(file);
        return new Blob([bytes]);
      },
      ...(writes === 'writable' && {
        async createWritable() {
          const written: Uint8Array[] = [];
          return {
            async write(data: Uint8Array) {
              browser.onWrite?.(file);
              written.push(data.slice());
            },
            // Nothing is to be seen of it before.
            close: async () => void files.set(file, joined(written)),
            abort: async () => undefined,
          };
        },
      }),
      ...(writes === 'sync' && {
        async createSyncAccessHandle() {
          return {
            write(data: Uint8Array, { at }: { at: number }) {
              browser.onWrite?.(file);
              files.set(file, joined([files.get(file)!.subarray(0, at), data]));
              return data.byteLength;
            },
            read(into: Uint8Array, { at }: { at: number }) {
              const part = files.get(file)!.subarray(at, at + into.byteLength);
              into.set(part);
              return part.byteLength;
            },
            getSize: () => files.get(file)!.byteLength,
            truncate: (size: number) => void files.set(file, files.get(file)!.slice(0, size)),
            flush: () => undefined,
            close: () => undefined,
          };
        },
      }),
      ...(moves && {
        async move(to: string) {
          files.set(to, files.get(file)!);
          files.delete(file);
        },
      }),
    };
    return handle;
  };

  return {
    kind: 'directory',
    name,
    async getFileHandle(file, { create = false } = {}) {
      if (directories.has(file)) throw mismatch(file);
      if (!files.has(file) && !create) throw missing(file);
      if (!files.has(file)) files.set(file, new Uint8Array(0));
      return handleOf(file);
    },
    async getDirectoryHandle(child, { create = false } = {}) {
      if (files.has(child)) throw mismatch(child);
      if (!directories.has(child) && !create) throw missing(child);
      if (!directories.has(child)) directories.set(child, directory(child, browser));
      return directories.get(child)!;
    },
    async removeEntry(entry) {
      if (!directories.delete(entry) && !files.delete(entry)) throw missing(entry);
    },
    async *keys() {
      yield* [...directories.keys(), ...files.keys()];
    },
  };
}
