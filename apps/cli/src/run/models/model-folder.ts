import { join } from 'node:path';
import { AttuneError, shortened } from '@attune/core';
import { modelOf, readTensors, type JsonObject, type ModelConfig } from '@attune/formats';
import { readAdapterFolder, readModelFolder, type CheckpointFolder } from '@attune/formats/node';
import { mergeLora } from '@attune/nn';
import { languageModelOf, type OpenAnyModel, type OpenModel } from '@attune/runs';
import { attuneVersion } from '../../environment/version.js';
import type { Context } from '../../environment/context.js';
import { isAdapter, readBaseName, withAdapterHead } from './adapter-folder.js';
import { readJson } from '../../environment/files.js';
import { findModel } from './find-model.js';
import { locateModel } from './locate-model.js';
import { readTokenizer } from './tokenizer-folder.js';

/** Which model is meant. */
export interface ModelRequest {
  /** A run, a Hugging Face folder, or a model of the hub; or the folder of an adapter, which names its model. */
  readonly model: string;
  /** An adapter to add to the model's weights. */
  readonly adapter?: string;
}

/**
 * Reads the language model of a run, of a Hugging Face folder, or of the hub, with an adapter's updates added if there is
 * one.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT, UNSUPPORTED_MODEL, CHECKPOINT_MISMATCH; those of the hub.
 */
export async function openModel(given: string | ModelRequest, context: Context): Promise<OpenModel> {
  const opened = await openAnyModel(typeof given === 'string' ? { model: given } : given, context);
  return { ...opened, model: languageModelOf(opened.config, opened.path) };
}

/**
 * Reads a language model or a classifier: see {@link openModel}.
 *
 * @throws AttuneError as {@link openModel}.
 */
export async function openAnyModel(
  { model, adapter }: ModelRequest,
  context: Context,
): Promise<OpenAnyModel> {
  const { path, name } = await locateModel(model, context);
  if (await isAdapter(path)) {
    if (adapter !== undefined) {
      throw new AttuneError('INVALID_CONFIG', `${path} is an adapter, and so is ${adapter}.`, {
        fix: 'Name the model with --model, and one adapter with --adapter.',
      });
    }
    const base = await readBaseName(path);
    return { ...(await openAnyModel({ model: base, adapter: path }, context)), name, path };
  }
  const opened = await readFolder(path, name, context);
  return adapter === undefined ? opened : mergeAdapter(opened, await findModel(adapter));
}

async function readFolder(path: string, name: string, { stderr }: Context): Promise<OpenAnyModel> {
  const { config, model, tensors, source, warnings } = await readModelFolder(path);
  for (const warning of warnings) stderr.write(`warning: ${shortened(warning)}\n`);
  try {
    const tokenizer = await readTokenizer(path);
    const textFolders = [path];
    return {
      ...{ path, textFolders, name, config, model, tokenizer, source },
      tensors: await readTensors(tensors),
    };
  } finally {
    await tensors.close();
  }
}

/** The language model of a checkpoint that was read: its shape and its weights. */
export async function modelOfCheckpoint(
  path: string,
  { config, checkpoint }: CheckpointFolder,
): Promise<OpenModel> {
  const model = languageModelOf(config, path);
  const tokenizer = await readTokenizer(path);
  const source = (await readJson(join(path, 'config.json'))) as JsonObject;
  const { parameters: tensors } = checkpoint;
  return { path, textFolders: [path], name: path, config, model, tensors, tokenizer, source };
}

/** A model with an adapter's updates added to its weights. */
async function mergeAdapter(opened: OpenAnyModel, adapter: string): Promise<OpenAnyModel> {
  const { model, tensors } = await withAdapterHead(opened, adapter);
  const { over } = await readAdapterFolder(adapter, model);
  const merged = mergeLora(model, over(tensors));
  // With a head of its own, where the adapter has one.
  const config = model.config as ModelConfig;
  return {
    ...opened,
    ...{ config, model: modelOf(config), tensors: merged, adapter },
    textFolders: [adapter, ...opened.textFolders],
    // Its own tokenizer, if it has one, is that which it was trained with.
    tokenizer: (await readTokenizer(adapter)) ?? opened.tokenizer,
  };
}

/** The versions of the software that writes a checkpoint. */
export function softwareVersions(): Record<string, string> {
  return { attune: attuneVersion(), node: process.version };
}
