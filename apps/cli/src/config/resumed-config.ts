import { AttuneError } from '@attune/core';
import { withDefaults } from './field.js';
import { flagOf } from './spelling.js';
import { trainingFields, type TrainingConfig } from './training-fields.js';

/**
 * Whether a run that goes on may have another value: `free` where the steps come out the same, or where the user says what
 * the coming steps shall do; `fixed` where it would be another run under the name of this one. A total record: a new
 * setting does not compile until this is decided.
 */
const changes: Record<keyof TrainingConfig, 'free' | 'fixed'> = {
  // What it holds is compared, not where it is.
  data: 'free',
  sampling: 'fixed',
  batchSize: 'fixed',
  gradientAccumulationSteps: 'fixed',

  initFrom: 'fixed',
  vocabSize: 'fixed',
  blockSize: 'fixed',
  nLayer: 'fixed',
  nHead: 'fixed',
  nEmbd: 'fixed',
  bias: 'fixed',
  dropout: 'fixed',
  activation: 'fixed',

  learningRate: 'fixed',
  minLr: 'fixed',
  warmupIters: 'fixed',
  lrDecayIters: 'fixed',
  weightDecay: 'fixed',
  beta1: 'fixed',
  beta2: 'fixed',
  gradClip: 'fixed',
  lossSpikeZScore: 'free',
  lossSpikeAction: 'free',

  maxIters: 'free',
  maxEpochs: 'free',
  maxTokens: 'free',
  maxSeconds: 'free',
  targetLoss: 'free',
  patience: 'free',
  minDelta: 'free',

  evalInterval: 'free',
  // Losses over other batches cannot be compared with those before.
  evalIters: 'fixed',
  checkpointInterval: 'free',
  keepCheckpoints: 'free',
  sampleTokens: 'free',
  logInterval: 'free',
  seed: 'fixed',
  backend: 'free',
};

/** A setting that changed: `--max-iters from 100 to 200`. */
export interface ChangedSetting {
  readonly key: keyof TrainingConfig;
  readonly from: unknown;
  readonly to: unknown;
}

/**
 * The configuration a run goes on with: that of its `config.yaml`, and over it what was given. Values that follow others
 * stay as they were: with more steps, the decay of the learning rate still ends where it did.
 */
export function resumedConfig(
  stored: Partial<TrainingConfig>,
  given: Partial<TrainingConfig>,
): TrainingConfig {
  return withDefaults(trainingFields, { ...stored, ...given });
}

/**
 * What differs between the configuration a run was begun with and the one it is to go on with.
 *
 * @throws AttuneError INVALID_CONFIG that names every setting that would make it another run.
 */
export function changedSettings(
  begun: Partial<TrainingConfig>,
  config: TrainingConfig,
  run: string,
): ChangedSetting[] {
  const changed = (Object.keys(changes) as (keyof TrainingConfig)[])
    .filter((key) => begun[key] !== config[key])
    .map((key) => ({ key, from: begun[key], to: config[key] }));
  const refused = changed.filter(({ key }) => changes[key] === 'fixed');
  if (refused.length > 0) {
    const faults = refused.map(
      ({ key, from, to }) =>
        `${flagOf(key)} is ${String(to ?? 'not set')}, but the run in ${run} has ${String(from ?? 'none')}.`,
    );
    throw new AttuneError('INVALID_CONFIG', faults.join(' '), {
      fix: 'A run goes on with what it was begun with; a new one may start from its weights with --init-from.',
      data: { keys: refused.map(({ key }) => key) },
    });
  }
  return changed;
}

/** `--max-iters from 100 to 200` */
export function describeChange({ key, from, to }: ChangedSetting): string {
  return `${flagOf(key)} from ${String(from ?? 'none')} to ${String(to ?? 'none')}`;
}
