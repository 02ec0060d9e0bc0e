import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkReplaceable, writeFileAtomically, writeFolderAtomically } from '@attune/files/node';
import { onnxFileName } from '../export-decoder.js';
import { isOwnEntry, ONNX_FOLDER, onnxFolderFiles, type OnnxFolderContents } from '../folder-files.js';

/** How a folder is written. */
export interface WriteOptions {
  /** True to replace a model that was exported earlier. */
  readonly overwrite?: boolean;
  /**
   * Looks at the model's own file before anybody else sees it. If it throws, nothing was written.
   *
   * @param path of the file.
   */
  readonly check?: (path: string) => Promise<void>;
}

/**
 * Refuses a folder that is taken. To be called before the work, too, so that it is not in vain.
 *
 * @throws AttuneError INVALID_CONFIG if there is anything, and it is not a model exported earlier that may be replaced.
 */
export function checkOnnxFolder(path: string, overwrite = false): Promise<void> {
  return checkReplaceable(path, { mark: ONNX_FOLDER, isOwn: isOwnEntry }, overwrite);
}

/**
 * Writes a model folder as transformers.js reads it: `onnx/`, `config.json`, `generation_config.json` the files of the
 * tokenizer, and `adapters/`. The folder is there whole or not at all.
 *
 * @throws AttuneError INVALID_CONFIG if the folder is taken; FILE_WRITE; what reading the model and `check` throw.
 */
export async function writeOnnxFolder(
  path: string,
  contents: OnnxFolderContents,
  { overwrite = false, check }: WriteOptions = {},
): Promise<void> {
  const folder = resolve(path);
  await checkOnnxFolder(folder, overwrite);
  const files = onnxFolderFiles(contents);
  await writeFolderAtomically(folder, ONNX_FOLDER, async (temporary) => {
    for (const [name, content] of files) {
      await mkdir(dirname(join(temporary, name)), { recursive: true });
      await writeFileAtomically(join(temporary, name), content);
    }
    await check?.(join(temporary, ONNX_FOLDER, onnxFileName(contents.dtype)));
  });
}
