import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PreparedText } from '../prepare/index.js';
import { META_JSON, TRAIN_BIN, VAL_BIN, type TokenMeta } from '../prepare/token-meta.js';
import { writeError } from './file-errors.js';

/**
 * Writes `train.bin`, `val.bin`, `meta.json` and the files of the tokenizer. All are written under temporary names and
 * then renamed, `meta.json` last and its predecessor removed first: a folder that has one is whole.
 *
 * @returns what `meta.json` says: the text's, and the checksums of the files.
 * @throws AttuneError FILE_WRITE.
 */
export async function writeTokenFolder(folder: string, prepared: PreparedText): Promise<TokenMeta> {
  const bins = { [TRAIN_BIN]: bytesOf(prepared.train), [VAL_BIN]: bytesOf(prepared.val) };
  const meta: TokenMeta = {
    ...prepared.meta,
    sha256: { [TRAIN_BIN]: sha256(bins[TRAIN_BIN]!), [VAL_BIN]: sha256(bins[VAL_BIN]!) },
  };
  const contents: [name: string, content: Uint8Array | string][] = [
    ...Object.entries(bins),
    ...Object.entries(prepared.tokenizer.files ?? {}).map(([name, file]): [string, string] => [
      name,
      json(file),
    ]),
    [META_JSON, json(meta)],
  ];
  const temporary = (name: string) => join(folder, `.${name}.${process.pid}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, content] of contents) await writeFile(temporary(name), content);
    await rm(join(folder, META_JSON), { force: true });
    for (const [name] of contents) await rename(temporary(name), join(folder, name));
  } catch (error) {
    await Promise.allSettled(contents.map(([name]) => rm(temporary(name), { force: true })));
    throw writeError(folder, error);
  }
  return meta;
}

function bytesOf(ids: Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
