import type { StepMetrics } from '@attune/core';
import type { Settings } from './settings.js';

/** Backends that the page brings. */
export type BackendName = 'webgpu' | 'wasm';

/** What the page asks of the worker. */
export type Request =
  | {
      readonly kind: 'start';
      readonly backend: BackendName;
      readonly settings: Settings;
      /** The embedded stories, if there is none. */
      readonly text?: File;
    }
  | { readonly kind: 'continue'; readonly backend: BackendName }
  | { readonly kind: 'pause' }
  | { readonly kind: 'save' }
  | { readonly kind: 'download' }
  /** A zip of a run folder. */
  | { readonly kind: 'open'; readonly archive: File }
  | { readonly kind: 'discard' };

/** A backend, and whether it can run here. */
export interface BackendChoice {
  readonly name: BackendName;
  readonly available: boolean;
  /** What it runs on, or why it cannot, and what to do. */
  readonly description: string;
  /** Whether it is a GPU imitated on the CPU. */
  readonly software: boolean;
}

/** A run that can go on. */
export interface SavedRun {
  readonly step: number;
  readonly settings: Settings;
  /** Of a text of the user's own. */
  readonly textName?: string;
  readonly metrics: readonly StepMetrics[];
  readonly evaluations: readonly Evaluation[];
  readonly sample: string;
}

/** A validation loss. */
export interface Evaluation {
  readonly step: number;
  readonly valLoss: number;
}

/** What the worker tells the page. */
export type Report =
  | {
      readonly kind: 'environment';
      readonly backends: readonly BackendChoice[];
      /** Whether WebAssembly may use threads. */
      readonly isolated: boolean;
      readonly saved?: SavedRun;
    }
  | { readonly kind: 'preparing'; readonly what: string }
  | { readonly kind: 'running'; readonly device: string }
  | { readonly kind: 'step'; readonly metrics: StepMetrics; readonly device: string }
  | { readonly kind: 'evaluated'; readonly evaluation: Evaluation }
  | { readonly kind: 'sample'; readonly text: string }
  | { readonly kind: 'saved'; readonly step: number }
  | { readonly kind: 'stopped'; readonly why: 'paused' | 'finished' }
  | { readonly kind: 'opened'; readonly saved: SavedRun }
  | { readonly kind: 'discarded' }
  | { readonly kind: 'archive'; readonly file: Blob; readonly name: string }
  | { readonly kind: 'note'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string; readonly saved?: SavedRun };
