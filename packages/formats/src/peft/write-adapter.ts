import type { WritableFolder } from '@attune/files';
import { adapterFiles, type AdapterContents } from './adapter.js';

/**
 * Writes an adapter as `PeftModel.from_pretrained` reads it. The folder is made if it does not exist; other files in it are
 * left alone.
 *
 * @throws AttuneError FILE_WRITE; CHECKPOINT_MISMATCH that lists every tensor that is missing.
 */
export async function writeAdapter(folder: WritableFolder, contents: AdapterContents): Promise<void> {
  const files = adapterFiles(contents);
  await folder.make();
  for (const [name, content] of files) await folder.write(name, content);
}
