import { AttuneError, isAttuneError, shellWord, withoutFix, type ErrorCode } from '@attune/core';
import type { Folder } from '@attune/files';

/** Errors of token files that are gone, or no longer whole. */
const LOST: readonly ErrorCode[] = ['FILE_NOT_FOUND', 'FILE_EMPTY', 'FILE_CORRUPT'];

/**
 * Opens the data that a run has made itself. Where it is lost, the error says how to get it back: the advice to prepare a text
 * does not help.
 *
 * @throws AttuneError what `open` throws.
 */
export async function openingOwnData<Data>(
  { name }: Pick<Folder, 'name'>,
  open: () => Promise<Data>,
): Promise<Data> {
  try {
    return await open();
  } catch (error) {
    if (!isAttuneError(error) || !LOST.includes(error.code)) throw error;
    const { code, data } = error;
    throw new AttuneError(code, withoutFix(error), {
      fix:
        `${name} is the run's own data: put it back from a copy. If it was the embedded stories, ` +
        `attune pretrain --out DIR --max-iters 1 writes them again, to DIR/data: move that to ${shellWord(name)}.`,
      cause: error,
      ...(data && { data }),
    });
  }
}
