import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { fileWriteError } from '@attune/core';
import type { LogFile } from '../../folder/folder.js';
import { openOwn } from '../read/own-entry.js';

/**
 * Opens a file to add to its end. It is made if it does not exist.
 *
 * @throws AttuneError FILE_WRITE, also if it is a link.
 */
export async function openLogFile(path: string): Promise<LogFile> {
  const writing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw fileWriteError(path, error);
    }
  };
  let file: FileHandle | undefined = await writing(() =>
    openOwn(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND),
  );
  return {
    append: (content) => writing(async () => file?.appendFile(content)),
    sync: () => writing(async () => file?.sync()),
    async close() {
      const open = file;
      file = undefined;
      await open?.close();
    },
  };
}

/**
 * Cuts a file off behind its first `length` bytes.
 *
 * @throws AttuneError FILE_WRITE, also if it is a link.
 */
export async function truncateFile(path: string, length: number): Promise<void> {
  try {
    const file = await openOwn(path, constants.O_RDWR);
    try {
      await file.truncate(length);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileWriteError(path, error);
  }
}
