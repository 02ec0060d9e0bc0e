import { AttuneError, type FitOptions, type StepMetrics, type StopReason } from '@attune/core';

/** The progress of a run that stop conditions look at. */
export interface FitProgress {
  readonly step: number;
  readonly epoch: number;
  readonly tokens: number;
  /** Since `fit` was called. */
  readonly seconds: number;
  /** The last step, if there was one since `fit` was called. */
  readonly last?: StepMetrics;
}

/** The first stop condition that is met, if any. */
export function stopReason(options: FitOptions, progress: FitProgress): StopReason | undefined {
  const { maxIters, maxEpochs, maxTokens, maxSeconds, targetLoss, signal } = options;
  const { step, epoch, tokens, seconds, last } = progress;
  const conditions: readonly [StopReason, boolean][] = [
    ['maxIters', maxIters !== undefined && step >= maxIters],
    ['maxEpochs', maxEpochs !== undefined && epoch >= maxEpochs],
    ['maxTokens', maxTokens !== undefined && tokens >= maxTokens],
    ['maxSeconds', maxSeconds !== undefined && seconds >= maxSeconds],
    [
      'targetLoss',
      targetLoss !== undefined && last !== undefined && !last.skipped && last.loss <= targetLoss,
    ],
    ['signal', signal?.aborted ?? false],
  ];
  return conditions.find(([, met]) => met)?.[0];
}

/** @throws AttuneError INVALID_CONFIG if `maxEpochs` is given for data whose length is not known. */
export function checkStopConditions({ maxEpochs }: FitOptions, batchesPerEpoch: number | undefined): void {
  if (maxEpochs !== undefined && batchesPerEpoch === undefined) {
    throw new AttuneError(
      'INVALID_CONFIG',
      'maxEpochs needs data of a known length, but this dataset has none.',
      {
        fix: 'Use maxIters or maxTokens.',
      },
    );
  }
}

/** The state of {@link EarlyStopping}. JSON-serialisable: part of a checkpoint. */
export interface EarlyStoppingState {
  readonly best: number | null;
  /** Evaluations since the best one. */
  readonly waited: number;
}

/** Tells when a validation loss has converged: it has not improved by `minDelta` for `patience` evaluations. */
export class EarlyStopping {
  private current: EarlyStoppingState = { best: null, waited: 0 };

  constructor(private readonly options: { readonly patience: number; readonly minDelta?: number }) {}

  /** Takes note of a validation loss. `true` if it is the best so far. */
  observe(loss: number): boolean {
    const { best, waited } = this.current;
    const improved = best === null || loss < best - (this.options.minDelta ?? 0);
    this.current = improved ? { best: loss, waited: 0 } : { best, waited: waited + 1 };
    return improved;
  }

  get converged(): boolean {
    return this.current.waited >= this.options.patience;
  }

  state(): EarlyStoppingState {
    return this.current;
  }

  restore(state: EarlyStoppingState): void {
    this.current = state;
  }
}
