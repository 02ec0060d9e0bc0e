import type { EvaluationMetrics, StepMetrics } from '@attune/core';
import type { RunConfig } from '../settings/shared-fields.js';
import type { TrainingRow } from '../text/training-rows.js';
import type { RunEnd } from './progress.js';

/** A run that is about to train. */
export interface RunBeginning {
  /** The backend's name and its device. */
  readonly backend: string;
  /** A description of the run for the user, line by line. */
  readonly description: readonly string[];
  /** Numbers that the model has, and those among them that are trained. */
  readonly parameters: { readonly total: number; readonly trainable: number };
  readonly config: RunConfig;
  /** The processes that train together, where there are several. */
  readonly ranks?: { readonly size: number; readonly description: string } | undefined;
  /** The folder of the run. */
  readonly path: string;
  /** The checkpoint it goes on from. */
  readonly checkpoint?: string | undefined;
  /** Notes that are printed first. */
  readonly notes: readonly string[];
  /** Reads some of the rows that are trained on, while the run goes on; missing where no tokenizer reads them. */
  readonly rows?: ((limit: number) => Promise<readonly TrainingRow[]>) | undefined;
}

/** A step that was done, and logged. */
export interface ObservedStep {
  /** Its line in the log: with the evaluation that followed it, if one did. */
  readonly record: StepMetrics;
  readonly secondsLeft: number;
  /** Bytes that the backend holds. */
  readonly deviceBytes: number;
}

/** An evaluation after a step. */
export interface ObservedEvaluation {
  readonly metrics: StepMetrics;
  readonly evaluation: EvaluationMetrics;
  /** Losses are of tokens, and have a perplexity. */
  readonly predictsTokens: boolean;
  /** Since training began. */
  readonly seconds: number;
}

/** The sample of the model after an evaluation. */
export interface ObservedSample {
  readonly step: number;
  readonly text: string;
  /** The run ends with this step, and tells of the sample again then. */
  readonly isLast: boolean;
}

/** A run that came to its end. */
export interface RunSummary {
  readonly end: RunEnd;
  readonly config: RunConfig;
  /** Steps that this process did, and how long they took. */
  readonly steps: number;
  readonly seconds: number;
  /** The last step's line in the log. */
  readonly last: StepMetrics | undefined;
  /** The lowest validation loss, where an earlier step had it. */
  readonly lowest: { readonly step: number; readonly valLoss: number } | undefined;
  /** The last sample of the model, and its heading. */
  readonly sample: { readonly title: string; readonly text: string } | undefined;
  readonly predictsTokens: boolean;
  /** The finished model can write. */
  readonly generates: boolean;
  /** The folder of the run, and of the finished model. */
  readonly path: string;
  readonly finalPath: string;
}

/** Hears how a run goes: a terminal, a page, a test. */
export interface RunObserver {
  begins(beginning: RunBeginning): void;
  step(step: ObservedStep): void;
  evaluated(evaluation: ObservedEvaluation): void;
  /** A piece of the sample that is being drawn. */
  sampling?(piece: string): void;
  sampled(sample: ObservedSample): void;
  /** A checkpoint was written. */
  checkpoint?(path: string): void;
  /** No more steps follow: training ended, or failed. */
  stopped(): void;
  /** The model was written. */
  ended(summary: RunSummary): void;
}

/** A request to end a run, from outside. */
export interface StopRequest {
  /** True once the run is to end after the step in progress. */
  readonly aborted: boolean;
  /** Stops listening. */
  dispose(): void;
}

/** Observes a run on behalf of whoever began it, and may end it or ask for a checkpoint. */
export interface RunAudience {
  readonly observer: RunObserver;
  /** Listens for a request to end the run, from the moment it trains. */
  listen(): StopRequest;
  /** Asked after each step: true if a checkpoint is wanted besides those that the configuration asks for. */
  wantsCheckpoint?(): boolean;
}
