import { AttuneError, type FitOptions, type StepMetrics, type StopReason } from '@attune/core';
import type { RunConfig } from '../settings/shared-fields.js';
import { EarlyStopping, stopReason, type EarlyStoppingState } from '@attune/train';
import { z } from 'zod';

/** Why a run ended. `converged`: the validation loss has not fallen for `--patience` evaluations. */
export type RunEnd = StopReason | 'converged';

/** JSON has `null` where a number was infinite, as the perplexity of a model that has gone astray. */
const maybeInfinite = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);

const metricsSchema = z.object({
  step: z.int(),
  epoch: z.number(),
  loss: z.number(),
  lr: z.number(),
  gradNorm: z.number(),
  tokens: z.number(),
  tokensPerSecond: z.number(),
  stepMs: z.number(),
  skipped: z.boolean().optional(),
  valLoss: maybeInfinite,
  perplexity: maybeInfinite,
});

/** The progress of a run beside its trainer's. Part of its checkpoints. */
export interface ProgressState {
  /** The last step's line in the log. */
  readonly last: StepMetrics | null;
  /** True if the run was interrupted before the evaluation that is due after it. */
  readonly evaluationDue: boolean;
  /** The lowest validation loss. */
  readonly best: { readonly step: number; readonly valLoss: number } | null;
  readonly earlyStopping: EarlyStoppingState;
}

const stateSchema = z.object({
  last: metricsSchema.nullable(),
  evaluationDue: z.boolean(),
  best: z.object({ step: z.int(), valLoss: z.number() }).nullable(),
  earlyStopping: z.object({ best: z.number().nullable(), waited: z.int() }),
});

/**
 * Reads the progress of a run from a checkpoint.
 *
 * @throws AttuneError FILE_CORRUPT.
 */
export function parseProgress(value: unknown, path: string): ProgressState {
  const result = stateSchema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path: keys, message }) => `${keys.join('.')}: ${message}`);
  throw new AttuneError(
    'FILE_CORRUPT',
    `The checkpoint ${path} does not say how far its run was: ${faults.join('; ')}.`,
    {
      fix: 'Resume from an earlier checkpoint.',
    },
  );
}

/** The conditions of a configuration under which a run ends. */
function stopConditions(config: RunConfig): FitOptions {
  const { maxIters, maxEpochs, maxTokens, maxSeconds, targetLoss } = config;
  return { maxIters, maxEpochs, maxTokens, maxSeconds, targetLoss };
}

/** How far a run is, and when it ends. */
export class RunProgress {
  last: StepMetrics | undefined;
  evaluationDue: boolean;
  best: ProgressState['best'];
  private readonly stopping: EarlyStopping;

  constructor(
    private readonly config: RunConfig,
    state?: ProgressState,
  ) {
    const { patience = Infinity, minDelta } = config;
    this.stopping = new EarlyStopping({ patience, minDelta });
    this.last = state?.last ?? undefined;
    this.evaluationDue = state?.evaluationDue ?? false;
    this.best = state?.best ?? null;
    if (state) this.stopping.restore(state.earlyStopping);
  }

  /** Steps done. */
  get step(): number {
    return this.last?.step ?? 0;
  }

  /** The condition that is met, if one is. */
  end(seconds: number): RunEnd | undefined {
    const { last, step } = this;
    const { epoch = 0, tokens = 0 } = last ?? {};
    const reason = stopReason(stopConditions(this.config), { step, epoch, tokens, seconds, last });
    return reason ?? (this.stopping.converged ? 'converged' : undefined);
  }

  /**
   * Takes note of a validation loss.
   *
   * @param counts whether for `--patience` too: one more evaluation where a run ends does not, so that it can go on as if it
   * had not ended.
   * @returns whether it is the lowest so far.
   */
  observe(valLoss: number, counts: boolean): boolean {
    if (counts) this.stopping.observe(valLoss);
    if (!(valLoss < (this.best?.valLoss ?? Infinity))) return false;
    this.best = { step: this.step, valLoss };
    return true;
  }

  state(): ProgressState {
    const { last = null, evaluationDue, best } = this;
    return { last, evaluationDue, best, earlyStopping: this.stopping.state() };
  }
}
