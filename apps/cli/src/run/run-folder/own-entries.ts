import { constants } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError, systemCode } from '@attune/core';

/** The entries that a run writes into its folder, by what each has to be. */
const FILES = ['config.yaml', 'run.json', 'metrics.jsonl'];
const FOLDERS = ['checkpoints', 'samples', 'final'];

/** For `open`: fails at a link, and does not wait at a pipe. Windows has neither flag. */
export const NO_FOLLOW = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Checks that what is there of a run is the run's own: writing through a link would change, and cleaning up delete, files
 * of somebody else. Folders above the run may be links.
 *
 * @throws AttuneError FILE_WRITE that names the link, or the pipe or folder in place of a file.
 */
export async function checkOwnEntries(run: string): Promise<void> {
  for (const name of FILES) await checkOwnEntry(join(run, name), 'file');
  for (const name of FOLDERS) await checkOwnEntry(join(run, name), 'folder');
}

/** As {@link checkOwnEntries}, for one path. What is not there yet is no fault. */
export async function checkOwnEntry(path: string, expected: 'file' | 'folder'): Promise<void> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!stats || (expected === 'file' ? stats.isFile() : stats.isDirectory())) return;
  throw notOwn(path, stats.isSymbolicLink() ? 'link' : stats.isDirectory() ? 'folder' : 'other', expected);
}

/** An error of `open` with {@link NO_FOLLOW}, as the error that the entry itself would be. */
export function asNotOwn(path: string, error: unknown): unknown {
  return systemCode(error) === 'ELOOP' ? notOwn(path, 'link', 'file') : error;
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
