import type { PreparedText } from '../prepare/index.js';
import type { TokenMeta } from '../prepare/token-meta.js';
import { createTokenFolder } from './token-folder-writer.js';

/**
 * Writes a text that was prepared in memory as a token folder: `train.bin`, `val.bin`, `meta.json` and the files of the
 * tokenizer, whole or not at all.
 *
 * @returns what `meta.json` says: the text's, and the checksums of the files.
 * @throws AttuneError FILE_WRITE.
 */
export async function writeTokenFolder(folder: string, prepared: PreparedText): Promise<TokenMeta> {
  const writer = await createTokenFolder(folder);
  try {
    await writer.append('train', prepared.train);
    await writer.append('val', prepared.val);
    return await writer.commit(prepared.meta, prepared.tokenizer);
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
