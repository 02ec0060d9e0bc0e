import type { Backend, HostTensors } from '@attune/core';
import type { OpenExamples, OpenExamplesOptions, TokenContents, TokenFolder } from '@attune/data/node';
import type { WritableFolder } from '@attune/files';
import type { FolderModel, ReadAdapter } from '@attune/formats';
import type { ConfigFormat } from '../record/config-format.js';
import type { CheckpointFolder } from '../record/run-store.js';
import type { CompanionFiles } from './companion-files.js';
import type { ModelText } from './model-text.js';
import type { OpenAnyModel, OpenModel } from './opened-model.js';

export type { OpenExamples, OpenExamplesOptions, TokenContents, TokenFolder };

/** The place that a run runs at: its folders, models and data by their names, and its devices. */
export interface RunHost {
  /** The folder of a run, by its path. */
  folder(path: string): WritableFolder;
  /** How the configuration of a run is written. */
  readonly format: ConfigFormat;

  /** Makes a backend for some work, and frees it afterwards. */
  withBackend<T>(name: string, work: (backend: Backend) => Promise<T>): Promise<T>;
  /** Bytes that a backend can have at most. */
  memoryOf(backend: Pick<Backend, 'name'>): number;
  /** Versions of the software, by name: `attune`, and what it runs on. */
  versions(): Readonly<Record<string, string>>;
  /** The machine, for records: `linux x64`. */
  readonly platform: string;
  /** Lets the event loop turn, so that signals are heard. */
  breathe(): Promise<void>;

  /** Reads a model: that of a run, of a folder, or of the hub. */
  openModel(name: string): Promise<OpenAnyModel>;
  /** Reads a model with its tokenizer and its chat template, or another one. Close the text. */
  openModelAndText(
    name: string,
    template: string | undefined,
  ): Promise<OpenAnyModel & { readonly text: ModelText }>;
  /** The language model of a checkpoint that was read: its shape and its weights. */
  modelOfCheckpoint(path: string, checkpoint: CheckpointFolder): Promise<OpenModel>;
  /** Reads an adapter, and lays it over the model it was trained on. */
  readAdapter(path: string, model: FolderModel): Promise<ReadAdapter>;
  /** The files of a model that is written again; `text`: what it was trained with, if that is not its own. */
  companionFiles(model: OpenAnyModel, text?: ModelText): Promise<CompanionFiles>;
  /** The base model that an adapter names. */
  baseOf(model: OpenAnyModel): { readonly baseModel: string; readonly revision?: string };
  /** SHA-256 of tensors: their names, shapes and values. */
  digest(tensors: HostTensors): string;

  /** Opens token files. `bare`: what they hold, where they do not say. */
  openTokens(path: string, bare: TokenContents): Promise<TokenFolder>;
  /** Reads and encodes rows. */
  openRows(path: string, options: OpenExamplesOptions): Promise<OpenExamples>;
  /**
   * Writes token files for a run that names no data.
   *
   * @param anew also if there are some that are whole.
   */
  prepareOwnData(folder: WritableFolder, anew: boolean): Promise<void>;
}
