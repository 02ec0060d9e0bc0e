import { AttuneError } from '@attune/core';
import type { RunConfig, TrainingConfig } from './training-fields.js';

function checkShape({ nEmbd, nHead }: TrainingConfig): void {
  if (nEmbd % nHead === 0) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `The width must be a multiple of the heads, but nEmbd is ${nEmbd} and nHead is ${nHead}.`,
    { fix: `Try --n-embd ${Math.ceil(nEmbd / nHead) * nHead}.` },
  );
}

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

/** @throws AttuneError INVALID_CONFIG where two settings do not go together. */
export function checkConfig(config: TrainingConfig): void {
  checkShape(config);
  checkRunConfig(config);
}

/** @throws AttuneError INVALID_CONFIG where two settings that every run has do not go together. */
export function checkRunConfig(config: RunConfig): void {
  checkLearningRates(config);
  checkPatience(config);
}
