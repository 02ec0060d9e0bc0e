import { AttuneError, fileWriteError } from '@attune/core';
import { listFolder } from './write-folder.js';

/** The signs of a folder that an export has written. */
export interface ExportedFolder {
  /** An entry by which it is known. */
  readonly mark: string;
  /** True for a name that an export may have put there. */
  readonly isOwn: (entry: string) => boolean;
}

/**
 * Refuses a folder for an exported model that is taken. To be called before the work, too, so that it is not in vain.
 *
 * @throws AttuneError INVALID_CONFIG if there is anything, and it is not a model exported earlier that may be replaced;
 * FILE_WRITE if it cannot be looked at.
 */
export async function checkReplaceable(
  path: string,
  { mark, isOwn }: ExportedFolder,
  overwrite: boolean,
): Promise<void> {
  const entries = await listFolder(path).catch((error: unknown) => {
    throw fileWriteError(path, error);
  });
  if (!entries || entries.length === 0) return;
  const foreign = entries.filter((entry) => !isOwn(entry));
  if (foreign.length > 0 || !entries.includes(mark)) {
    const found = (foreign.length > 0 ? foreign : entries).slice(0, 5).join(', ');
    throw new AttuneError('INVALID_CONFIG', `${path} holds more than an exported model: ${found}.`, {
      fix: 'Choose another folder: nothing was removed.',
    });
  }
  if (!overwrite) {
    throw new AttuneError('INVALID_CONFIG', `${path} already holds an exported model.`, {
      fix: 'Choose another folder, or replace it with --overwrite.',
    });
  }
}
