import { AttuneError } from '@attune/core';
import { writeFileAtomically, writeFolderAtomically } from '@attune/files/node';
import type { FileContent } from '@attune/files';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileWriteError, systemCode } from '@attune/core';

/** The file from which Ollama makes a model. */
export const MODELFILE = 'Modelfile';

/** Files of a folder that was exported. */
const OWN = /^(Modelfile|(model|adapter)-(f32|f16|bf16|q8_0)\.gguf)$/;

async function entriesOf(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw fileWriteError(path, error);
  }
}

/**
 * Refuses a folder that is taken. To be called before the work, too, so that it is not in vain.
 *
 * @throws AttuneError INVALID_ARGUMENT if there is anything, and it is not a model exported earlier that may be replaced.
 */
export async function checkGgufFolder(path: string, overwrite: boolean): Promise<void> {
  const entries = await entriesOf(path);
  if (entries.length === 0) return;
  const foreign = entries.filter((entry) => !OWN.test(entry));
  if (foreign.length > 0 || !entries.includes(MODELFILE)) {
    const found = (foreign.length > 0 ? foreign : entries).slice(0, 5).join(', ');
    throw new AttuneError('INVALID_ARGUMENT', `${path} holds more than an exported model: ${found}.`, {
      fix: 'Choose another folder: nothing was removed.',
    });
  }
  if (!overwrite) {
    throw new AttuneError('INVALID_ARGUMENT', `${path} already holds an exported model.`, {
      fix: 'Choose another folder, or replace it with --overwrite.',
    });
  }
}

/**
 * Writes the folder of an exported model whole or not at all.
 *
 * @returns the files and their sizes, in the order given.
 * @throws AttuneError INVALID_ARGUMENT if the folder is taken; FILE_WRITE; what making the contents throws.
 */
export async function writeGgufFolder(
  path: string,
  files: ReadonlyMap<string, FileContent>,
  overwrite: boolean,
): Promise<{ name: string; bytes: number }[]> {
  const folder = resolve(path);
  await checkGgufFolder(folder, overwrite);
  await writeFolderAtomically(folder, MODELFILE, async (temporary) => {
    for (const [name, content] of files) await writeFileAtomically(join(temporary, name), content);
  });
  const sizes = [...files.keys()].map(async (name) => ({
    name,
    bytes: (await stat(join(folder, name))).size,
  }));
  return Promise.all(sizes);
}
