import { join } from 'node:path';
import { AttuneError, shortened } from '@attune/core';
import {
  isClassifierConfig,
  modelOf,
  readTensors,
  type FloatDType,
  type JsonObject,
  type ModelConfig,
} from '@attune/formats';
import {
  readAdapterFolder,
  readModelFolder,
  writeCheckpoint,
  writeModelFolder,
  type CheckpointFolder,
} from '@attune/formats/node';
import { Gpt2Model, languageModel, mergeLora, type LanguageModel } from '@attune/nn';
import { attuneVersion } from '../../version.js';
import type { Context } from '../../context.js';
import { isAdapter, readBaseName, withAdapterHead } from './adapter-folder.js';
import { readJson } from '../files.js';
import { findModel } from './find-model.js';
import { locateModel } from './locate-model.js';
import type { ModelSaver } from './model-saver.js';
import type { OpenAnyModel, OpenModel } from './opened-model.js';
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

/** @throws AttuneError UNSUPPORTED_MODEL if the configuration is that of a classifier, which predicts no tokens. */
export function languageModelOf(config: ModelConfig, path: string): LanguageModel {
  if (!isClassifierConfig(config)) return languageModel(config);
  throw new AttuneError('UNSUPPORTED_MODEL', `${path} holds a classifier, which predicts no tokens.`, {
    fix: 'Name a language model.',
  });
}

/** The GPT-2 that pretraining starts from. @throws AttuneError UNSUPPORTED_MODEL if the model is none. */
export function requireGpt2({ model, path }: OpenModel): Gpt2Model {
  if (model instanceof Gpt2Model) return model;
  throw new AttuneError(
    'UNSUPPORTED_MODEL',
    `${path} holds a ${model.config.family}; pretraining goes on with GPT-2 only.`,
    {
      fix: 'Use `attune finetune --method full`: it trains on plain text, too.',
    },
  );
}

/** A model, and what is written beside its weights. */
export interface ModelToSave {
  readonly config: ModelConfig;
  /** The `config.json` it came with. */
  readonly source?: JsonObject;
  /** The `generation_config.json` it is to have, if not one that says the ids of special tokens only. */
  readonly generation?: JsonObject;
  /** Those of the tokenizer, by name. */
  readonly files: Readonly<Record<string, unknown>>;
}

/**
 * Writes a model as a Hugging Face folder, with its tokenizer.
 *
 * @param dtype how the weights of the finished model are stored; checkpoints are f32, so that a run goes on as it was.
 */
export function modelSaver(saved: ModelToSave, dtype?: FloatDType): ModelSaver {
  return {
    savesFrozen: true,
    writeFinal: (path, parameters) => writeModelFolder(path, { ...saved, parameters, dtype }),
    writeCheckpoint: (path, checkpoint, run) =>
      writeCheckpoint(path, { ...saved, checkpoint, run: { ...run }, versions: softwareVersions() }),
  };
}

/** What wrote a checkpoint, for whoever looks into it. */
export function softwareVersions(): Record<string, string> {
  return { attune: attuneVersion(), node: process.version };
}
