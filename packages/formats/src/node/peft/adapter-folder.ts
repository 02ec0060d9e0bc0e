import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileWriteError } from '@attune/core';
import type { RootModule } from '@attune/nn';
import { adapterFiles, readAdapter, type AdapterContents, type ReadAdapter } from '../../peft/index.js';
import { diskFolder, writeFileAtomically } from '@attune/files/node';

/**
 * Reads an adapter from a folder, and lays it over the model it was trained on.
 *
 * @throws AttuneError as {@link readAdapter}.
 */
export function readAdapterFolder(path: string, model: RootModule): Promise<ReadAdapter> {
  return readAdapter(diskFolder(path, 'Name the folder of an adapter, with its adapter_config.json.'), model);
}

/**
 * Writes an adapter as `PeftModel.from_pretrained` reads it. Other files in the folder are left alone.
 *
 * @throws AttuneError FILE_WRITE; CHECKPOINT_MISMATCH that lists every tensor that is missing.
 */
export async function writeAdapterFolder(path: string, contents: AdapterContents): Promise<void> {
  const files = adapterFiles(contents);
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw fileWriteError(path, error);
  });
  for (const [name, content] of files) await writeFileAtomically(join(path, name), content);
}
