import { prepareFiles } from './prepare-files.js';
import type { PrepareOptions, PrepareResult } from './prepare-options.js';

/**
 * Turns text files into a token folder: `train.bin`, `val.bin`, `meta.json`. The text is split before it is encoded, so
 * that for one file and `char` the bytes are those of nanoGPT's `prepare.py`.
 *
 * Text and tokens pass through memory in pieces of about a MiB, and are the same as those of `prepareText`: pieces
 * end where the tokenizer splits anyway. For a `tokenizer.json` of which that cannot be told (see `bordersOf`),
 * each part of the text is one piece.
 *
 * A folder with a `meta.json` is whole. If `prepare` is killed, what was in the folder before is still there, or has lost
 * its `meta.json`; started again it begins from the start, and removes what was left behind.
 *
 * @throws AttuneError INVALID_ARGUMENT; FILE_NOT_FOUND; FILE_EMPTY; FILE_CORRUPT if a file is no UTF-8, or changes
 * meanwhile; DATA_TOO_SHORT if a part would be empty; FILE_WRITE; those of {@link openTokenizer}. Then nothing is written.
 */
export async function prepare(options: PrepareOptions): Promise<PrepareResult> {
  return prepareFiles(options);
}
