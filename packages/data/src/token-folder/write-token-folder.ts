import { formatJson, type WritableFolder } from '@attune/files';
import type { PreparedText } from '../prepare/index.js';
import { META_JSON, TRAIN_BIN, UNFINISHED_META, VAL_BIN, type TokenMeta } from '../prepare/token-meta.js';

/**
 * Writes a text that was prepared in memory as a token folder: `train.bin`, `val.bin`, `meta.json` and the files of the
 * tokenizer. The folder is made if it does not exist. Until all are written, `meta.json` says that they are not.
 *
 * @returns what `meta.json` says: the text's, and the checksums of the files.
 * @throws AttuneError FILE_WRITE.
 */
export async function writeTokenFolder(folder: WritableFolder, prepared: PreparedText): Promise<TokenMeta> {
  const bytesOf = ({ buffer, byteOffset, byteLength }: Uint16Array | Uint32Array) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  await folder.make();
  await folder.write(META_JSON, formatJson(UNFINISHED_META));
  const sha256 = {
    [TRAIN_BIN]: await folder.write(TRAIN_BIN, bytesOf(prepared.train)),
    [VAL_BIN]: await folder.write(VAL_BIN, bytesOf(prepared.val)),
  };
  for (const [name, content] of Object.entries(prepared.tokenizer.files ?? {})) {
    await folder.write(name, formatJson(content));
  }
  const meta = { ...prepared.meta, sha256 } as TokenMeta;
  await folder.write(META_JSON, formatJson(meta));
  return meta;
}
