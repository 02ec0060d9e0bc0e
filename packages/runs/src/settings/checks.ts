import { AttuneError } from '@attune/core';
import type { RunConfig } from './shared-fields.js';

function checkLearningRates({ learningRate, minLr }: RunConfig): void {
  if (minLr <= learningRate) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `minLr must be at most learningRate, but is ${minLr}, and learningRate is ${learningRate}.`,
    { fix: 'Lower --min-lr, or leave it out: it is then a tenth of --learning-rate.' },
  );
}

function checkPatience({ patience, evalInterval }: RunConfig): void {
  if (patience === undefined || evalInterval > 0) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `patience is ${patience}, but evalInterval is 0: nothing is evaluated.`,
    {
      fix: 'Give --eval-interval a number of steps.',
    },
  );
}

function checkRanks({ shardOptimizer, outerSteps }: RunConfig): void {
  if (!shardOptimizer || outerSteps === 0) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `shardOptimizer and outerSteps ${outerSteps} exclude each other: ranks that take steps on their own have whole optimizers.`,
    { fix: 'Leave out --shard-optimizer or --outer-steps.' },
  );
}

/** @throws AttuneError INVALID_CONFIG where two settings that every run has do not go together. */
export function checkRunConfig(config: RunConfig): void {
  checkLearningRates(config);
  checkPatience(config);
  checkRanks(config);
}
