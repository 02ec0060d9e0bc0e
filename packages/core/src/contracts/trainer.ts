import type { HostTensors } from '../tensor/index.js';
import type { Dataset, DatasetState } from './data.js';

/** The metrics of one step. Numbers are not rounded. */
export interface StepMetrics {
  /** Counted from 1. */
  readonly step: number;
  /** How many times the data has been gone through. */
  readonly epoch: number;
  /** The loss before the update. */
  readonly loss: number;
  readonly lr: number;
  /** The global norm of the gradient before clipping. */
  readonly gradNorm: number;
  /** Targets that carried loss, since the run began. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
  readonly stepMs: number;
  /** Present, and true, where the step was left out: its loss was a spike, and nothing was updated. */
  readonly skipped?: boolean;
  /** On steps that were followed by an evaluation. */
  readonly valLoss?: number;
  readonly perplexity?: number;
}

/** Which condition ended a {@link Trainer.fit}; `dataEnded` where the data could not fill another step. */
export type StopReason = Exclude<keyof FitOptions, 'signal'> | 'signal' | 'dataEnded';

/** The metrics of an evaluation. */
export interface EvaluationMetrics {
  /** Mean over all targets that carry loss. */
  readonly loss: number;
  /** `e^loss`. */
  readonly perplexity: number;
  /** How many targets carried loss. */
  readonly tokens: number;
}

/** Asks for an end. An `AbortSignal` is one. */
export interface StopSignal {
  readonly aborted: boolean;
}

/** When to stop. */
export interface FitOptions {
  /** Steps since the run began, those before a checkpoint included. */
  readonly maxIters?: number;
  /** Times the data was gone through. */
  readonly maxEpochs?: number;
  /** Targets that carried loss, since the run began. */
  readonly maxTokens?: number;
  /** Seconds since this call. */
  readonly maxSeconds?: number;
  /** Ends when a step's loss is at most this. */
  readonly targetLoss?: number;
  /** Stops after the step in progress, leaving everything as after a normal step. */
  readonly signal?: StopSignal;
}

/** Running mean and variance of the loss. */
export interface LossStatistics {
  /** How many steps went into it. */
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

/** Everything a run needs to continue exactly, on any backend. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  /** Targets that carried loss so far. */
  readonly tokens: number;
  /** Seed of the run: of dropout, and of whatever else is drawn on the way. */
  readonly seed: number;
  /** Parameters and persistent buffers, by name, f32. */
  readonly parameters: HostTensors;
  /** The optimizer's slots by name, e.g. `exp_avg.<name>`, f32 and in the parameter's layout. */
  readonly optimizer: HostTensors;
  /** The statistics of the guard against loss spikes: the running mean and variance of the loss. */
  readonly lossStatistics?: LossStatistics;
  /** The cursor of the data consumed, not of what was prefetched. */
  readonly data: DatasetState;
}

/** A training run. */
export interface Trainer {
  /** Trains, yielding the metrics of each step when the step is done, until the first condition is met. */
  fit(options: FitOptions): AsyncIterable<StepMetrics>;
  /** Why the last `fit` ended. Undefined before and while it runs, and where its caller left the loop. */
  readonly stopReason: StopReason | undefined;
  /** The loss on other data, in `eval()` mode, without gradients. Leaves the run as it was. */
  evaluate(data: Dataset, batches?: number): Promise<EvaluationMetrics>;
  /**
   * A copy of the run as it stands after the last finished step.
   *
   * @param options.frozen whether it holds parameters that are not trained, too. By default it does; where they are read
   * from elsewhere when the run is resumed, they need not be kept with each checkpoint.
   */
  checkpoint(options?: { readonly frozen?: boolean }): Promise<Checkpoint>;
  /**
   * Continues from a checkpoint. Where pretrained weights are given, it need not hold what is not trained.
   *
   * @throws AttuneError CHECKPOINT_MISMATCH if its tensors are not those of the model and the optimizer.
   */
  restore(checkpoint: Checkpoint): Promise<void>;
  dispose(): Promise<void>;
}
