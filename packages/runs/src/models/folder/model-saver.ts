import type { Checkpoint, HostTensors } from '@attune/core';
import { modelFiles, type FloatDType, type JsonObject, type ModelConfig } from '@attune/formats';
import type { CheckpointContents } from '../../record/run-store.js';
import type { CompanionFiles } from './companion-files.js';

/** Files by their names, in the order in which they are written. */
export type NamedFiles = ReturnType<typeof modelFiles>;

/** How the model of a run is stored. */
export interface ModelSaver {
  /** True if checkpoints hold what is not trained. Where it comes from elsewhere, they need not. */
  readonly savesFrozen: boolean;
  /** The parts of a checkpoint, beside those that the run adds. */
  checkpoint(checkpoint: Checkpoint): CheckpointContents;
  /** The files of the finished model, as others read it. */
  final(parameters: HostTensors): NamedFiles;
}

/** A model, and what is written beside its weights. */
export interface ModelToSave {
  readonly config: ModelConfig;
  /** The `config.json` it came with. */
  readonly source?: JsonObject;
  /** The `generation_config.json` it is to have, if not one that says the ids of special tokens only. */
  readonly generation?: JsonObject | undefined;
  /** Those of the tokenizer, by name. */
  readonly files: Readonly<Record<string, unknown>>;
}

/**
 * Stores a model as a Hugging Face folder, with its tokenizer.
 *
 * @param dtype how the weights of the finished model are stored; checkpoints are f32, so that a run goes on as it was.
 */
export function modelSaver(saved: ModelToSave, dtype?: FloatDType): ModelSaver {
  return {
    savesFrozen: true,
    final: (parameters) => modelFiles({ ...saved, parameters, dtype }),
    checkpoint: (checkpoint) => ({ ...saved, checkpoint }),
  };
}

/** {@link modelSaver} of a model that was there before. */
export function wholeModelSaver({
  source: { config, source },
  companions: { files, generation },
  dtype,
}: {
  readonly source: { readonly config: ModelConfig; readonly source: JsonObject };
  readonly companions: CompanionFiles;
  readonly dtype: FloatDType;
}): ModelSaver {
  return modelSaver({ config, source, generation, files }, dtype);
}
