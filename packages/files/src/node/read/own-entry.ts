import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { AttuneError, systemCode } from '@attune/core';

/** For `open`: fails at a link, and does not wait at a pipe. Windows has neither flag. */
export const NO_FOLLOW = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Checks that what is at a path is not a link, or of another kind: writing through a link would change, and cleaning up
 * delete, files of somebody else. Folders above it may be links. What is not there yet is no fault.
 *
 * @throws AttuneError FILE_WRITE that names the link, or the pipe or folder in place of a file; the error of `node:fs`.
 */
export async function checkOwnEntry(path: string, expected: 'file' | 'folder'): Promise<void> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!stats || (expected === 'file' ? stats.isFile() : stats.isDirectory())) return;
  throw notOwn(path, stats.isSymbolicLink() ? 'link' : stats.isDirectory() ? 'folder' : 'other', expected);
}

/** Opens a file to write to, unless it is a link. @throws AttuneError FILE_WRITE if it is one; the error of `node:fs`. */
export async function openOwn(path: string, flags: number): Promise<FileHandle> {
  return open(path, flags | NO_FOLLOW).catch((error: unknown) => {
    throw systemCode(error) === 'ELOOP' ? notOwn(path, 'link', 'file') : error;
  });
}

const CALLED = { link: 'a link', folder: 'a folder', other: 'neither a file nor a folder' } as const;

function notOwn(path: string, found: keyof typeof CALLED, expected: 'file' | 'folder'): AttuneError {
  return new AttuneError(
    'FILE_WRITE',
    `${path} is ${CALLED[found]}, where a run has a ${expected} of its own. Nothing was written.`,
    {
      fix:
        found === 'link'
          ? 'Put what it leads to in its place, or choose another folder for the run.'
          : 'Remove it, or choose another folder for the run.',
      data: { path },
    },
  );
}
