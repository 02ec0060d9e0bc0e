import { memoryTensors, readModelFolder, type OpenTensors } from '@attune/formats';
import { shortened } from '@attune/core';
import { isAdapter } from './adapter-folder.js';
import type { ModelHost } from '../model/host.js';
import { locateModel, openAnyModel, type ModelRequest } from './open-model.js';
import type { OpenAnyModel } from '../model/opened-model.js';
import { readTokenizer } from '../folder/tokenizer-folder.js';

/** A model whose tensors are read when they are asked for. Close `reader` when everything needed was read. */
export interface ModelReader extends Omit<OpenAnyModel, 'tensors'> {
  readonly reader: OpenTensors;
}

/**
 * Opens a model as {@link openAnyModel} does, and leaves its weights in their files. Those that an adapter changes are made in
 * memory, as they are in no file.
 *
 * @throws AttuneError as {@link openAnyModel}.
 */
export async function openModelReader(request: ModelRequest, host: ModelHost): Promise<ModelReader> {
  const { folder, name } = await locateModel(request.model, host);
  if (request.adapter !== undefined || (await isAdapter(folder))) {
    const { tensors, ...opened } = await openAnyModel(request, host);
    return { ...opened, reader: { ...memoryTensors(tensors, opened.path), close: async () => undefined } };
  }
  const { path, config, model, tensors, source, warnings } = await readModelFolder(folder);
  for (const warning of warnings) host.warn(shortened(warning));
  try {
    const tokenizer = await readTokenizer(folder);
    return { path, name, config, model, tokenizer, source, textFolders: [folder], reader: tensors };
  } catch (error) {
    await tensors.close();
    throw error;
  }
}
