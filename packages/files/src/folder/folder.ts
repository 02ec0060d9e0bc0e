import type { OpenFile } from '../bytes/byte-source.js';
import type { FileContent } from '../bytes/file-content.js';

/**
 * The files of a folder to read from, wherever it lies: on a disk, in a browser's private file system, on a server, in
 * memory, in an archive. To have one opens nothing, and does not say that it exists.
 */
export interface Folder {
  /** For messages, and for programs that take no folders: a path or a URL. */
  readonly name: string;
  /** Names of the files and folders in it; `undefined` if it does not exist, or lies on a server, which does not tell. */
  list(): Promise<readonly string[] | undefined>;
  /** True if there is a file of this name. */
  has(file: string): Promise<boolean>;
  /**
   * Opens a file for reading piece by piece.
   *
   * @param file its name, or its path within the folder, with `/` between folders.
   * @param fix what to do if it does not exist.
   * @throws AttuneError FILE_NOT_FOUND; FILE_READ, also if it is a folder, a pipe or a device.
   */
  open(file: string, fix?: string): Promise<OpenFile>;
  /** A file's SHA-256, hexadecimal. @throws AttuneError as {@link Folder.open}. */
  sha256(file: string): Promise<string>;
  /**
   * Returns what tells the folder from another that takes its place under the same name; `undefined` if it does not exist.
   * Missing where nothing does, or where it cannot be told.
   */
  identity?(): Promise<string | undefined>;
  /**
   * A folder in it.
   *
   * @param lastFile of a folder that {@link WritableFolder.writeFolder} wrote, the file it was told to be the last: where
   * folders cannot be renamed, it tells one that is whole from one that is not.
   */
  folder(name: string, lastFile?: string): Folder;
}

/** A folder to write to: on a disk, in a browser's private file system, in memory. */
export interface WritableFolder extends Folder {
  folder(name: string, lastFile?: string): WritableFolder;
  /**
   * Makes the folder, and those above it.
   *
   * @returns true if it was not there already.
   * @throws AttuneError FILE_WRITE.
   */
  make(): Promise<boolean>;
  /**
   * Writes a file whole or not at all. A link that is there is replaced, and not followed.
   *
   * @returns the SHA-256 of what was written, hexadecimal.
   * @throws AttuneError FILE_WRITE; what the content throws.
   */
  write(file: string, content: FileContent): Promise<string>;
  /**
   * Writes a folder whole or not at all. One that is there is replaced, but only one of the same kind: what anybody else
   * put there stays.
   *
   * @param lastFile that `write` writes: by it a folder of this kind is known, and known to be whole.
   * @param write puts the files into the folder it is given.
   * @throws AttuneError FILE_WRITE; what `write` throws.
   */
  writeFolder(
    name: string,
    lastFile: string,
    write: (folder: WritableFolder) => Promise<void>,
  ): Promise<void>;
  /** Opens a file to add to its end. It is made if it does not exist; a link is not followed. @throws AttuneError FILE_WRITE. */
  openLog(file: string): Promise<LogFile>;
  /** Cuts a file off behind its first `length` bytes. A link is not followed. @throws AttuneError FILE_WRITE. */
  truncate(file: string, length: number): Promise<void>;
  /**
   * Removes a file, or a folder with all that is in it; what is not there is no error. A folder leaves the list at once, or
   * loses its last file first, so that none is ever taken for whole that is half removed.
   *
   * @throws AttuneError FILE_WRITE.
   */
  remove(name: string, lastFile?: string): Promise<void>;
  /** Gives a file or folder another name. What has that name is replaced. @throws AttuneError FILE_WRITE. */
  rename(from: string, to: string): Promise<void>;
  /**
   * Checks that what is to be written to is the folder's own, and not a link to something of somebody else's, or of
   * another kind. What is not there yet is no fault.
   *
   * @throws AttuneError FILE_WRITE that names it.
   */
  checkOwn(name: string, expected: 'file' | 'folder'): Promise<void>;
  /**
   * Finishes what a process that was killed left half done: what was not written to the end is removed, and a folder that
   * was about to be replaced is put back. Only for folders that nobody is writing to.
   *
   * @param isOurs tells by its name a file or folder that was written. Others' temporary files stay.
   * @throws AttuneError FILE_WRITE.
   */
  recover(isOurs: (name: string) => boolean): Promise<void>;
  /**
   * Takes the right to write to the folder, which one process, or one tab, has at a time. That of a process that was
   * killed is taken over.
   *
   * @throws AttuneError RUN_LOCKED that names the process which has it; FILE_WRITE.
   */
  lock(): Promise<FolderLock>;
}

/** The right to write to a folder. */
export interface FolderLock {
  /** @throws AttuneError FILE_WRITE if the folder, or the lock, was moved, removed or replaced meanwhile. */
  check(): Promise<void>;
  /** Gives the right back. What took the place of the folder or of the lock is left alone. */
  release(): Promise<void>;
}

/** A file that is added to. */
export interface LogFile {
  /**
   * Adds a text, or bytes. What is written, and not waited for by {@link LogFile.sync}, may get lost.
   *
   * @throws AttuneError FILE_WRITE.
   */
  append(content: string | Uint8Array): Promise<void>;
  /** Waits until everything is stored. @throws AttuneError FILE_WRITE. */
  sync(): Promise<void>;
  /** Ends it, with everything stored that a `sync` would store where texts are gathered until then. */
  close(): Promise<void>;
}
