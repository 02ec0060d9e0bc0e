import { AttuneError } from '@attune/core';
import { withDefaults } from './field.js';
import type { FinetuneConfig } from './finetune-fields.js';
import { flagOf } from './spelling.js';
import { trainingFields, type TrainingConfig } from './training-fields.js';

/**
 * Whether a run that goes on may have another value: `free` where the steps come out the same, or where the user says what
 * the coming steps shall do; `fixed` where it would be another run under the name of this one. Total records: a new
 * setting does not compile until this is decided.
 */
export type Changes<Config> = Readonly<Record<keyof Config, 'free' | 'fixed'>>;

const optimizerChanges = {
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
} as const;

const stoppingChanges = {
  maxIters: 'free',
  maxTokens: 'free',
  maxSeconds: 'free',
  targetLoss: 'free',
  patience: 'free',
  minDelta: 'free',
} as const;

const runChanges = {
  evalInterval: 'free',
  // Losses over other batches cannot be compared with those before.
  evalIters: 'fixed',
  checkpointInterval: 'free',
  keepCheckpoints: 'free',
  sampleTokens: 'free',
  logInterval: 'free',
  // The same numbers, in another order of computation.
  gradientCheckpointing: 'free',
  chunkTokens: 'fixed',
  seed: 'fixed',
  backend: 'free',
} as const;

/** For pretraining. */
export const trainingChanges: Changes<TrainingConfig> = {
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

  ...optimizerChanges,
  ...stoppingChanges,
  maxEpochs: 'free',
  ...runChanges,
};

/** For fine-tuning. */
export const finetuneChanges: Changes<FinetuneConfig> = {
  model: 'fixed',
  adapter: 'fixed',

  data: 'free',
  format: 'fixed',
  columns: 'fixed',
  validationFraction: 'fixed',
  template: 'fixed',
  trainOn: 'fixed',
  maxLength: 'fixed',
  onOverlength: 'fixed',
  packing: 'fixed',
  sampling: 'fixed',
  batchSize: 'fixed',
  gradientAccumulationSteps: 'fixed',

  method: 'fixed',
  freeze: 'fixed',
  train: 'fixed',
  freezeLayers: 'fixed',
  loraRank: 'fixed',
  loraAlpha: 'fixed',
  loraDropout: 'fixed',
  targetModules: 'fixed',
  modulesToSave: 'fixed',
  loraBias: 'fixed',
  useRslora: 'fixed',
  useDora: 'fixed',
  dropout: 'fixed',

  ...optimizerChanges,
  ...stoppingChanges,
  epochs: 'free',
  ...runChanges,
  samples: 'free',
  dtype: 'free',
};

/** A setting that changed: `--max-iters from 100 to 200`. */
export interface ChangedSetting {
  readonly key: string;
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

/** The commands that resume a run, and that begin one. */
export type TrainingCommand = 'pretrain' | 'finetune';

/**
 * How a new run takes the weights of an earlier one, or of one of its checkpoints.
 *
 * @param model a run or a model folder.
 * @param adapter where its adapters are, if it has some.
 */
export function startFrom(command: TrainingCommand, model: string, adapter: string): string {
  return command === 'pretrain'
    ? `attune pretrain --init-from ${model}`
    : `attune finetune --model ${model}, or for a run of LoRA attune finetune --adapter ${adapter} with the run's --model`;
}

/** Whether two settings say the same; lists do where their entries do. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * What differs between the configuration a run was begun with and the one it is to go on with.
 *
 * @throws AttuneError INVALID_CONFIG that names every setting that would make it another run.
 */
export function changedSettings<Config extends object>(
  changes: Changes<Config>,
  begun: Partial<Config>,
  config: Config,
  run: string,
  command: TrainingCommand,
): ChangedSetting[] {
  const changed = (Object.keys(changes) as (keyof Config & string)[])
    .filter((key) => !isSame(begun[key], config[key]))
    .map((key) => ({ key, from: begun[key], to: config[key] }));
  const refused = changed.filter(({ key }) => changes[key] === 'fixed');
  if (refused.length > 0) {
    const faults = refused.map(
      ({ key, from, to }) =>
        `${flagOf(key)} is ${String(to ?? 'not set')}, but the run in ${run} has ${String(from ?? 'none')}.`,
    );
    throw new AttuneError('INVALID_CONFIG', faults.join(' '), {
      fix: `A run goes on with what it was begun with. A new one may start from its weights: ${startFrom(command, run, `${run}/final`)}.`,
      data: { keys: refused.map(({ key }) => key) },
    });
  }
  return changed;
}

/** `--max-iters from 100 to 200` */
export function describeChange({ key, from, to }: ChangedSetting): string {
  return `${flagOf(key)} from ${String(from ?? 'none')} to ${String(to ?? 'none')}`;
}
