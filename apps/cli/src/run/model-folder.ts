import type { Checkpoint, HostTensors } from '@attune/core';
import type { Tokenizer } from '@attune/data';
import { readGpt2Folder, writeCheckpoint, writeGpt2Folder } from '@attune/formats/node';
import { gpt2, type Gpt2Model } from '@attune/nn';
import { attuneVersion } from '../version.js';
import type { CheckpointRun } from './checkpoints.js';
import { findModel } from './find-model.js';
import { readTokenizer, tokenizerFiles } from './tokenizer-folder.js';

/** A model that was read, with what its tokens mean. */
export interface OpenModel {
  /** The folder it was found in. */
  readonly path: string;
  readonly model: Gpt2Model;
  readonly tensors: HostTensors;
  /** `null` where the folder does not say. */
  readonly tokenizer: Tokenizer | null;
}

/**
 * Reads the model of a run, or of a Hugging Face folder. It is not set up to be trained: it has no dropout.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT, UNSUPPORTED_MODEL, CHECKPOINT_MISMATCH.
 */
export async function openModel(given: string): Promise<OpenModel> {
  const path = await findModel(given);
  const { config, parameters } = await readGpt2Folder(path, { dropout: 0 });
  return { path, model: gpt2(config), tensors: parameters, tokenizer: await readTokenizer(path) };
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
export async function saveModel(path: string, saved: ModelToSave, parameters: HostTensors): Promise<void> {
  await writeGpt2Folder(path, { config: saved.model.config, parameters, files: filesOf(saved) });
}

/** Writes a checkpoint: the same folder, and everything the run needs to go on. */
export async function saveCheckpoint(
  path: string,
  saved: ModelToSave,
  checkpoint: Checkpoint,
  run: CheckpointRun,
): Promise<void> {
  await writeCheckpoint(path, {
    config: saved.model.config,
    checkpoint,
    files: filesOf(saved),
    run: { ...run },
    versions: { attune: attuneVersion(), node: process.version },
  });
}
