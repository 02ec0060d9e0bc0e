import type { StepMetrics } from '@attune/core';
import { pretrain, type ObservedStep, type RunBeginning, type RunSummary } from '@attune/runs';

/** Steps with a loss that falls. */
export const metricsOf = (step: number, given: Partial<StepMetrics> = {}): StepMetrics => ({
  ...{ step, epoch: step / 10, loss: 4 / step, lr: 1e-3, gradNorm: 1, tokens: 8 * step },
  ...{ tokensPerSecond: 100, stepMs: 2000, ...given },
});

/** A step, as observers are told of it. */
export const observed = (step: number, given?: Partial<StepMetrics>): ObservedStep => ({
  record: metricsOf(step, given),
  secondsLeft: 100 - step,
  deviceBytes: 2e6,
});

/** A run that begins. */
export const beginning = (given: Partial<RunBeginning> = {}): RunBeginning => ({
  ...{ backend: 'reference: the interpreter', description: ['model    small'], path: 'runs/one', notes: [] },
  parameters: { total: 10, trainable: 10 },
  config: pretrain.config({ maxIters: 100 }),
  ...given,
});

/** A run that came to its end. */
export const summary = {
  ...{ end: 'maxIters', steps: 3, seconds: 6, last: undefined, lowest: undefined, sample: undefined },
  ...{ predictsTokens: true, generates: true, path: 'runs/one', finalPath: 'runs/one/final' },
  config: pretrain.config({}),
} as const satisfies RunSummary;
