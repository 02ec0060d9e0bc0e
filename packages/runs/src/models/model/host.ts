import type { Backend } from '@attune/core';
import type { ChatTemplate, SpecialTokens } from '@attune/data';
import type { OpenExamples, OpenExamplesOptions, TokenContents, TokenFolder } from '@attune/data/node';
import type { Folder, WritableFolder } from '@attune/files';
import type { Ranks } from '../../distributed/ranks.js';
import type { ChosenBackend } from '../../record/chosen-backend.js';
import type { ConfigFormat } from '../../record/config-format.js';

export type { OpenExamples, OpenExamplesOptions, TokenContents, TokenFolder };

/** A model that was found by its name. */
export interface LocatedModel {
  /** The folder of a model, of an adapter, or of a run, which has models in it. */
  readonly folder: Folder;
  /** A name that finds the same model again: for one of the hub, its id with the commit. */
  readonly name: string;
}

/** The model that an adapter says it was trained on. */
export interface NamedBase {
  /** A path, perhaps from the adapter's folder, or an id of the hub. */
  readonly name: string;
  /** The commit, of one of the hub. */
  readonly revision?: string | undefined;
}

/** The place that models are opened at: it knows what a name stands for. */
export interface ModelHost {
  /** The folder at a path. Nothing is opened, and it need not exist. */
  folder(path: string): WritableFolder;
  /**
   * Finds a model by the name that a user gives it. One of the hub is fetched.
   *
   * @throws AttuneError FILE_NOT_FOUND; those of the hub.
   */
  locate(name: string): Promise<LocatedModel>;
  /**
   * Returns the name, for {@link ModelHost.locate}, of the model that an adapter names; `undefined` if that is a folder
   * which is not here.
   */
  locateBase(adapter: Folder, base: NamedBase): Promise<string | undefined>;
  /**
   * Opens the chat template of a model's folder, or the one that is chosen in its place. What is a stranger's is rendered
   * with limits to its time and memory, as far as the platform has some. Close it.
   *
   * @returns `undefined` if the folder has none, and none was chosen.
   * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT; INVALID_ARGUMENT if there is no template of the name that was chosen.
   */
  openTemplate(
    folder: Folder,
    options: { readonly specialTokens: SpecialTokens; readonly template?: string | undefined },
  ): Promise<ChatTemplate | undefined>;
  /** Tells people of what is odd about a model, and no error: one sentence. */
  warn(message: string): void;
  /** SHA-256 of bytes that come in pieces, hexadecimal: a faster one than that of `@attune/files`, where there is one. */
  readonly hashPieces?: (pieces: AsyncIterable<Uint8Array>) => Promise<string>;
}

/** The place that a run runs at: its folders, models and data by their names, and its devices. */
export interface RunHost extends ModelHost {
  /** The processes that train together, where there are several. Each of them makes the same calls. */
  readonly ranks?: Ranks | undefined;
  /** How the configuration of a run is written. Default: `plainFormat`, a part of YAML. */
  readonly format?: ConfigFormat;

  /** Makes a backend for some work, and frees it afterwards. */
  withBackend<T>(chosen: ChosenBackend, work: (backend: Backend) => Promise<T>): Promise<T>;
  /** Bytes that a backend can have at most. */
  memoryOf(backend: Pick<Backend, 'name'>): number;
  /** Versions of the software, by name: `attune`, and what it runs on. */
  versions(): Readonly<Record<string, string>>;
  /** The machine, for records: `linux x64`. */
  readonly platform: string;
  /** The most resident memory that this process has had, in bytes, where the platform tells. */
  peakMemory?(): number;
  /** Lets the event loop turn, so that signals are heard. */
  breathe(): Promise<void>;

  /** Reads and encodes rows. */
  openRows(path: string, options: OpenExamplesOptions): Promise<OpenExamples>;
  /**
   * Writes token files for a run that names no data.
   *
   * @param anew also if there are some that are whole.
   */
  prepareOwnData(folder: WritableFolder, anew: boolean): Promise<void>;
}
