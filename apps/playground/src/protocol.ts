import type { StepMetrics } from '@attune/core';
import type { BackendName, Evaluation } from './messages/common.js';
import type { ChatReport, ChatRequest } from './messages/chat.js';
import type { FinetuneReport, FinetuneRequest } from './messages/finetune.js';
import type { ModelReport, ModelRequest } from './messages/models.js';
import type { SettingField, Settings, SizeChoice } from './settings/pretrain-settings.js';

export type { BackendName, Evaluation };

/** A request of the page to the worker. */
export type Request =
  | ModelRequest
  | FinetuneRequest
  | ChatRequest
  | {
      readonly kind: 'start';
      readonly backend: BackendName;
      readonly settings: Settings;
      /** The embedded stories, if there is none. */
      readonly text?: File;
      /** Steps after which it pauses. */
      readonly steps?: number;
    }
  | { readonly kind: 'continue'; readonly backend: BackendName; readonly steps?: number }
  | { readonly kind: 'pause' }
  /** Continues a text with the newest checkpoint, while nothing trains. */
  | { readonly kind: 'write'; readonly backend: BackendName; readonly options: WriteOptions }
  | { readonly kind: 'stopWriting' }
  | { readonly kind: 'save' }
  | { readonly kind: 'download' }
  /** A zip of a run folder. */
  | { readonly kind: 'open'; readonly archive: File }
  | { readonly kind: 'discard' };

/** How a text is continued. */
export interface WriteOptions {
  /** As after a line break, if it is empty. */
  readonly prompt: string;
  /** 0 takes the likeliest token each time. */
  readonly temperature: number;
  readonly maxNewTokens: number;
  /** Where it ends, itself left out; empty if nowhere. */
  readonly stop: string;
  readonly seed: number;
}

/** A backend, and whether it can run here. */
export interface BackendChoice {
  readonly name: BackendName;
  readonly available: boolean;
  /** The device, or the reason why it cannot be used, and the fix. */
  readonly description: string;
  /** True for a software adapter of a GPU. */
  readonly software: boolean;
}

/** A run that can be resumed. */
export interface SavedRun {
  readonly step: number;
  readonly settings: Settings;
  /** The name of the user's own text. */
  readonly textName?: string;
  readonly metrics: readonly StepMetrics[];
  readonly evaluations: readonly Evaluation[];
  /** The newest ones, in the order of their steps. */
  readonly samples: readonly Sample[];
}

/** A text of the model's own. */
export interface Sample {
  readonly step: number;
  readonly text: string;
}

/** A message of the worker to the page. */
export type Report =
  | ModelReport
  | FinetuneReport
  | ChatReport
  /** The settings of a run that is to begin, and sizes to choose from. */
  | {
      readonly kind: 'form';
      readonly fields: readonly SettingField[];
      readonly sizes: readonly SizeChoice[];
    }
  | {
      readonly kind: 'environment';
      readonly backends: readonly BackendChoice[];
      readonly saved?: SavedRun;
    }
  | { readonly kind: 'preparing'; readonly what: string }
  | { readonly kind: 'running'; readonly device: string }
  | { readonly kind: 'step'; readonly metrics: StepMetrics; readonly device: string }
  | { readonly kind: 'evaluated'; readonly evaluation: Evaluation }
  /** The sample of a step, so far. */
  | { readonly kind: 'sample'; readonly sample: Sample }
  /** With the seconds that it took. */
  | { readonly kind: 'saved'; readonly step: number; readonly seconds: number }
  /** The next piece of the continuation of the prompt; at the end with why it ended. */
  | { readonly kind: 'written'; readonly text: string; readonly ended?: 'length' | 'stop' | 'stopped' }
  | { readonly kind: 'unwritten'; readonly message: string }
  | { readonly kind: 'stopped'; readonly why: 'paused' | 'finished' }
  | { readonly kind: 'opened'; readonly saved: SavedRun }
  | { readonly kind: 'discarded' }
  | { readonly kind: 'archive'; readonly file: Blob; readonly name: string }
  | { readonly kind: 'note'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string; readonly saved?: SavedRun };
