import type { RootModule } from '@attune/nn';
import { diskFolder } from '@attune/files/node';
import * as models from '../hugging-face/index.js';
import * as adapters from '../peft/index.js';

// The functions of `@attune/formats` for paths.

/** Opens the folder of a model on disk. @throws AttuneError as `readHuggingFaceFolder` of `@attune/formats`. */
export function readHuggingFaceFolder(path: string): Promise<models.HuggingFaceFolder> {
  return models.readHuggingFaceFolder(diskFolder(path, 'Name the folder of a model.'));
}

/** Opens a model's folder on disk. @throws AttuneError as `readModelFolder` of `@attune/formats`. */
export function readModelFolder(
  path: string,
  options?: models.ReadConfigOptions,
): Promise<models.ModelFolder> {
  return models.readModelFolder(diskFolder(path, 'Name the folder of a model.'), options);
}

/** Writes a model to a folder on disk. @throws AttuneError as `writeModelFolder` of `@attune/formats`. */
export function writeModelFolder(path: string, contents: models.ModelFolderContents): Promise<void> {
  return models.writeModelFolder(diskFolder(path), contents);
}

/** Reads an adapter from a folder on disk. @throws AttuneError as `readAdapter` of `@attune/formats`. */
export function readAdapterFolder(path: string, model: RootModule): Promise<adapters.ReadAdapter> {
  const fix = 'Name the folder of an adapter, with its adapter_config.json.';
  return adapters.readAdapter(diskFolder(path, fix), model);
}

/** Writes an adapter to a folder on disk. @throws AttuneError as `writeAdapter` of `@attune/formats`. */
export function writeAdapterFolder(path: string, contents: adapters.AdapterContents): Promise<void> {
  return adapters.writeAdapter(diskFolder(path), contents);
}
