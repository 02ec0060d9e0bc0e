import type { HostTensors } from '@attune/core';
import type { Tokenizer } from '@attune/data';
import { readGpt2Folder, writeCheckpoint, writeGpt2Folder } from '@attune/formats/node';
import { gpt2, type Gpt2Model } from '@attune/nn';
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
  readonly model: Gpt2Model;
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
  const { config, parameters } = await readGpt2Folder(path, { dropout: 0 });
  return { path, name, model: gpt2(config), tensors: parameters, tokenizer: await readTokenizer(path) };
}

/** A model, and what is written beside its weights. */
export interface ModelToSave {
  readonly model: Gpt2Model;
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
    writeFinal: (path, parameters) => writeGpt2Folder(path, { config, parameters, files: filesOf(saved) }),
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
