import { AttuneError, shortened } from '@attune/core';
import { readJsonObject, type Folder } from '@attune/files';
import { CONFIG_JSON, readModelFolder, readTensors } from '@attune/formats';
import type { CheckpointFolder } from '../../record/run-store.js';
import { isAdapter, mergeAdapter, readBaseName } from './adapter-folder.js';
import { findModel } from '../folder/find-model.js';
import type { LocatedModel, ModelHost } from '../model/host.js';
import { languageModelOf } from '../model/language-model.js';
import type { ModelText } from '../text/model-text.js';
import { openTextOf } from '../text/open-text.js';
import type { OpenAnyModel, OpenModel } from '../model/opened-model.js';
import { readSteadily } from '../folder/steady-read.js';
import { readTokenizer } from '../folder/tokenizer-folder.js';

/** The model to open, and how. */
export interface ModelRequest {
  /** A run, a Hugging Face folder, or a model of the hub; or the folder of an adapter, which names its model. */
  readonly model: string;
  /** An adapter to add to the model's weights: its folder, or that of its run. */
  readonly adapter?: string | undefined;
  /** True to leave weights that are stored in bf16 or f16 as they are, and not widen them to f32. */
  readonly narrow?: boolean;
}

/** The folder of the model, or the adapter, that a name stands for. @throws AttuneError FILE_NOT_FOUND; those of the hub. */
export async function locateModel(name: string, host: Pick<ModelHost, 'locate'>): Promise<LocatedModel> {
  const located = await host.locate(name);
  return { ...located, folder: await findModel(located.folder) };
}

/**
 * Reads a language model or a classifier: of a run, of a Hugging Face folder, or of the hub, with an adapter's updates added
 * if there is one.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT, UNSUPPORTED_MODEL, CHECKPOINT_MISMATCH; INVALID_CONFIG if an adapter is
 * laid over an adapter; those of the hub.
 */
export async function openAnyModel(
  { model, adapter, narrow }: ModelRequest,
  host: ModelHost,
): Promise<OpenAnyModel> {
  const located = await locateModel(model, host);
  const { folder, name } = located;
  if (!(await isAdapter(folder))) {
    const opened = await readFolder(located, host, narrow);
    return adapter === undefined ? opened : mergeAdapter(opened, await findModel(host.folder(adapter)));
  }
  if (adapter !== undefined) throw adapterOnAdapter(folder, adapter);
  const base = await locateModel(await readBaseName(folder, host), host);
  if (await isAdapter(base.folder)) throw adapterOnAdapter(base.folder, folder.name);
  return { ...(await mergeAdapter(await readFolder(base, host, narrow), folder)), name, path: folder.name };
}

function adapterOnAdapter({ name }: Folder, adapter: string): AttuneError {
  return new AttuneError('INVALID_CONFIG', `${name} is an adapter, and so is ${adapter}.`, {
    fix: 'Name the model with --model, and one adapter with --adapter.',
  });
}

async function readFolder(
  { folder, name }: LocatedModel,
  host: ModelHost,
  narrow?: boolean,
): Promise<OpenAnyModel> {
  const { path, config, model, tensors, source, warnings } = await readModelFolder(folder);
  for (const warning of warnings) host.warn(shortened(warning));
  try {
    const tokenizer = await readTokenizer(folder);
    return {
      ...{ path, name, config, model, tokenizer, source, textFolders: [folder] },
      tensors: await readTensors(tensors, undefined, { narrow }),
    };
  } finally {
    await tensors.close();
  }
}

/**
 * Reads a language model: see {@link openAnyModel}.
 *
 * @throws AttuneError as {@link openAnyModel}; UNSUPPORTED_MODEL if it is a classifier.
 */
export async function openModel(request: ModelRequest, host: ModelHost): Promise<OpenModel> {
  const opened = await openAnyModel(request, host);
  return { ...opened, model: languageModelOf(opened.config, opened.path) };
}

/** A model that has texts, and perhaps files that are to be closed. */
export interface OpenableModel extends Pick<OpenAnyModel, 'textFolders'> {
  close?(): Promise<void>;
}

/** A model, with the parts between it and text. */
export type OpenTextModel<Model extends OpenableModel = OpenAnyModel> = Model & { readonly text: ModelText };

/**
 * Reads a model with its tokenizer and its chat template, as it is at one moment. Close the text, and the model if it is
 * to be closed.
 *
 * @param open {@link openModel}, or {@link openAnyModel}.
 * @param template one by name or path, in place of the model's.
 * @throws AttuneError as `open`, and as {@link openTextOf}.
 */
export function openWithText<Model extends OpenableModel>(
  open: (request: ModelRequest, host: ModelHost) => Promise<Model>,
  request: ModelRequest,
  host: ModelHost,
  template?: string,
): Promise<OpenTextModel<Model>> {
  const read = async () => {
    const opened = await open(request, host);
    try {
      return { ...opened, text: await openTextOf(opened.textFolders, host, template) };
    } catch (error) {
      await opened.close?.();
      throw error;
    }
  };
  return readSteadily([request.model, request.adapter], host, read, async ({ text, close }) => {
    await text.close();
    await close?.();
  });
}

/** The language model of a checkpoint that was read: its shape and its weights. */
export async function modelOfCheckpoint(
  folder: Folder,
  { config, checkpoint }: CheckpointFolder,
): Promise<OpenModel> {
  const path = folder.name;
  const model = languageModelOf(config, path);
  const tokenizer = await readTokenizer(folder);
  const source = await readJsonObject(folder, CONFIG_JSON);
  const { parameters: tensors } = checkpoint;
  return { path, textFolders: [folder], name: path, config, model, tensors, tokenizer, source };
}
