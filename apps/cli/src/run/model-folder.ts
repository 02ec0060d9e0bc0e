import { AttuneError, type HostTensors } from '@attune/core';
import type { Tokenizer } from '@attune/data';
import {
  isClassifierConfig,
  languageModel,
  readTensors,
  type LanguageModel,
  type ModelConfig,
} from '@attune/formats';
import { readModelFolder, writeCheckpoint, writeModelFolder } from '@attune/formats/node';
import { Gpt2Model } from '@attune/nn';
import { attuneVersion } from '../version.js';
import type { Context } from '../context.js';
import { locateModel } from './locate-model.js';
import type { ModelSaver } from './model-saver.js';
import { readTokenizer, tokenizerFiles } from './tokenizer-folder.js';

/** A model that was read, with what its tokens mean. */
export interface OpenModel {
  /** The folder it was found in. */
  readonly path: string;
  /** What names the same model another time; for one of the hub, with its commit. */
  readonly name: string;
  readonly model: LanguageModel;
  readonly tensors: HostTensors;
  /** `null` where the folder does not say. */
  readonly tokenizer: Tokenizer | null;
}

/**
 * Reads the model of a run, of a Hugging Face folder, or of the hub. It is not set up to be trained: it has no dropout.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT, UNSUPPORTED_MODEL, CHECKPOINT_MISMATCH; those of the hub.
 */
export async function openModel(given: string, context: Context): Promise<OpenModel> {
  const { path, name } = await locateModel(given, context);
  const { config, tensors } = await readModelFolder(path, { dropout: 0 });
  try {
    const model = languageModelOf(config, path);
    return { path, name, model, tensors: await readTensors(tensors), tokenizer: await readTokenizer(path) };
  } finally {
    await tensors.close();
  }
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
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer | null;
}

function filesOf({ model, tokenizer }: ModelToSave): Record<string, unknown> {
  return tokenizer ? tokenizerFiles(tokenizer, model.config.vocabSize) : {};
}

/** Writes a model as a Hugging Face folder, with its tokenizer. */
export function modelSaver(saved: ModelToSave): ModelSaver {
  const { config } = saved.model;
  return {
    savesFrozen: true,
    writeFinal: (path, parameters) => writeModelFolder(path, { config, parameters, files: filesOf(saved) }),
    writeCheckpoint: (path, checkpoint, run) =>
      writeCheckpoint(path, {
        config,
        checkpoint,
        files: filesOf(saved),
        run: { ...run },
        versions: softwareVersions(),
      }),
  };
}

/** What wrote a checkpoint, for whoever looks into it. */
export function softwareVersions(): Record<string, string> {
  return { attune: attuneVersion(), node: process.version };
}
