import type { StepMetrics } from '@attune/core';
import type { BackendName, Evaluation } from './common.js';
import type { PickedFile } from './models.js';
import type { TuneField, TuneSettings } from '../settings/tune-settings.js';

/** A finished part of a run of fine-tuning, as a zip: an adapter for peft, a model with it added, or the run itself. */
export type TunePart = 'adapter' | 'merged' | 'run';

/** A request about fine-tuning. */
export type FinetuneRequest =
  /** Shows which tokens of pasted rows carry loss. */
  | { readonly kind: 'previewRows'; readonly text: string; readonly settings: TuneSettings }
  | {
      readonly kind: 'tune';
      readonly backend: BackendName;
      readonly text: string;
      readonly settings: TuneSettings;
    }
  /** Opens an adapter of the model that is open, or a run of this page on it: a folder, or a zip of one. */
  | { readonly kind: 'openTuned'; readonly name: string; readonly files: readonly PickedFile[] }
  | { readonly kind: 'openTunedArchive'; readonly archive: File }
  /** Removes the adapter that was opened. */
  | { readonly kind: 'closeAdapter' }
  | { readonly kind: 'continueTuning'; readonly backend: BackendName }
  | { readonly kind: 'stopTuning' }
  | { readonly kind: 'saveTuning' }
  | { readonly kind: 'discardTuning' }
  | { readonly kind: 'downloadTuned'; readonly part: TunePart };

/** A token as it is shown: its text, and the weight of its loss. */
export interface MaskedToken {
  readonly text: string;
  readonly weight: number;
}

/** A row as the model reads it. */
export interface MaskedRow {
  /** The line of the pasted text that it begins on. */
  readonly line: number;
  readonly isHeldOut: boolean;
  readonly tokens: readonly MaskedToken[];
  /** Tokens that are not shown. */
  readonly more: number;
}

/** Pasted rows, before a step is spent on them. */
export interface RowsPreview {
  readonly rows: readonly MaskedRow[];
  readonly trainRows: number;
  readonly heldOutRows: number;
  readonly tokens: number;
  readonly trainedTokens: number;
  /** Rows that cannot be trained on, and what is odd about the others. */
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}

/** Answers to held-out rows after a step. */
export interface TuneSample {
  readonly step: number;
  readonly text: string;
}

/** A run of fine-tuning that is stored here. */
export interface SavedTuning {
  readonly step: number;
  readonly maxIters: number;
  readonly settings: TuneSettings;
  /** The pasted rows. */
  readonly text: string;
  readonly metrics: readonly StepMetrics[];
  readonly evaluations: readonly Evaluation[];
  /** The newest ones, in order of their steps. */
  readonly samples: readonly TuneSample[];
  readonly isFinished: boolean;
}

/** An adapter of the open model that was trained elsewhere. */
export interface OpenedAdapter {
  /** The name of its folder. */
  readonly name: string;
  readonly rank: number;
  /** The model that it says it was trained on, where that is not called as the open one is. */
  readonly otherBase?: string;
}

/** A message of the worker about fine-tuning. */
export type FinetuneReport =
  | { readonly kind: 'tuneForm'; readonly fields: readonly TuneField[]; readonly settings: TuneSettings }
  | { readonly kind: 'openingTuned'; readonly what: string }
  /** The run that is stored, and the adapter that was opened; none if it was removed. */
  | { readonly kind: 'tuning'; readonly saved?: SavedTuning; readonly adapter?: OpenedAdapter }
  | { readonly kind: 'rowsMasked'; readonly preview: RowsPreview }
  | { readonly kind: 'rowsRefused'; readonly message: string }
  | { readonly kind: 'tunePreparing'; readonly what: string }
  | {
      readonly kind: 'tuneRunning';
      readonly device: string;
      readonly maxIters: number;
      /** Parameters, those that are trained, and how. */
      readonly about: string;
    }
  | { readonly kind: 'tuneStep'; readonly metrics: StepMetrics }
  | { readonly kind: 'tuneEvaluated'; readonly evaluation: Evaluation }
  | { readonly kind: 'tuneSample'; readonly sample: TuneSample }
  | { readonly kind: 'tuneSaved'; readonly step: number }
  | { readonly kind: 'tuneStopped'; readonly why: 'paused' | 'finished' }
  | { readonly kind: 'tuneNote'; readonly message: string }
  | { readonly kind: 'tuneFailed'; readonly message: string }
  | { readonly kind: 'tunedArchive'; readonly file: Blob; readonly name: string };
