import { basename, dirname } from 'node:path';
import { diskFolder, TrialDisk } from '@attune/files/node';
import type { FileContent, WritableFolder } from '@attune/files';

/** The disk that a command writes to; with `--dry-run`, one on which changes are noted and not made. */
export interface Target {
  /** Missing where changes are made. */
  readonly trial?: TrialDisk;
  folder(path: string): WritableFolder;
}

export function targetOf(dryRun: boolean): Target {
  if (!dryRun) return { folder: (path) => diskFolder(path) };
  const trial = new TrialDisk();
  return { trial, folder: (path) => trial.folder(path) };
}

/** Writes a file whole or not at all. @throws AttuneError FILE_WRITE; what the content throws. */
export async function writeTo(target: Target, path: string, content: FileContent): Promise<void> {
  await target.folder(dirname(path)).write(basename(path), content);
}

/**
 * Writes a folder whole or not at all.
 *
 * @param mark a file by which a folder of this kind is known.
 * @throws AttuneError FILE_WRITE; what `write` throws.
 */
export async function writeFolderTo(
  target: Target,
  path: string,
  mark: string,
  write: (folder: WritableFolder) => Promise<void>,
): Promise<void> {
  await target.folder(dirname(path)).writeFolder(basename(path), mark, write);
}
