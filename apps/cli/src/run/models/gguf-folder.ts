import { checkReplaceable } from '@attune/files/node';
import { counted, type FileContent } from '@attune/files';
import { resolve } from 'node:path';
import { writeFolderTo, type Target } from '../host/target.js';

/** The file from which Ollama makes a model. */
export const MODELFILE = 'Modelfile';

/** Files of a folder that was exported. */
const OWN = /^(Modelfile|(model|adapter)-(f32|f16|bf16|q8_0)\.gguf)$/;

/**
 * Refuses a folder that is taken. To be called before the work, too, so that it is not in vain.
 *
 * @throws AttuneError INVALID_CONFIG if there is anything, and it is not a model exported earlier that may be replaced.
 */
export function checkGgufFolder(path: string, overwrite: boolean): Promise<void> {
  return checkReplaceable(path, { mark: MODELFILE, isOwn: (entry) => OWN.test(entry) }, overwrite);
}

/**
 * Writes the folder of an exported model whole or not at all.
 *
 * @returns the files and their sizes, in the order given.
 * @throws AttuneError INVALID_CONFIG if the folder is taken; FILE_WRITE; what making the contents throws.
 */
export async function writeGgufFolder(
  path: string,
  files: ReadonlyMap<string, FileContent>,
  overwrite: boolean,
  target: Target,
): Promise<{ name: string; bytes: number }[]> {
  const folder = resolve(path);
  await checkGgufFolder(folder, overwrite);
  const sizes: { name: string; bytes: number }[] = [];
  await writeFolderTo(target, folder, MODELFILE, async (temporary) => {
    for (const [name, content] of files) {
      let bytes = 0;
      await temporary.write(
        name,
        counted(content, (more) => void (bytes += more)),
      );
      sizes.push({ name, bytes });
    }
  });
  return sizes;
}
