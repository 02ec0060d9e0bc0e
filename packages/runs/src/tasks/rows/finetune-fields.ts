import { exampleSamplings } from '@attune/data';
import { adaptationNamed, adaptations, type AdaptationName } from '../../adaptations/adaptations.js';
import { freezeFields } from '../../adaptations/freeze.js';
import { loraFields } from '../../adaptations/lora.js';
import { settingGroup, withDefaults, type Setting, type ValuesOf } from '../../settings/field.js';
import { recordedSettings } from '../../settings/recorded.js';
import {
  gradientAccumulationSteps,
  optimizerFields,
  ranksFields,
  runFields,
  stoppingFields,
  type RunConfig,
} from '../../settings/shared-fields.js';
import { fineTuningDataFields } from './row-fields.js';

const model = settingGroup('Model');
const method = settingGroup('Method');
const data = settingGroup('Data');
const optimizer = settingGroup('Optimizer');
const stopping = settingGroup('Stopping');
const run = settingGroup('Run');

/** The tasks that a model may learn from rows. */
const fineTuningTasks = ['auto', 'sft', 'classify'] as const;

/** The names of the adaptations. */
const methods = Object.keys(adaptations) as AdaptationName[];

/** A setting whose default is known when the data is. */
function later(field: Setting<number>, description: string): Setting<number | undefined> {
  return { ...field, default: undefined, description: `${field.description} (default: ${description})` };
}

const { maxEpochs: _, ...otherStoppingFields } = stoppingFields;
const { adapter, ...otherLoraFields } = loraFields;

/** Every setting of fine-tuning. Those it shares with pretraining have the same names. */
export const finetuneFields = {
  model: model.requiredText('dir', {
    description: 'model to start from: run, Hugging Face folder, or hub model (organisation/model)',
    resume: 'fixed',
  }),
  adapter,

  ...fineTuningDataFields,
  packing: data.switch({
    description: 'pack several rows into one sequence; each attends to itself only',
    resume: 'fixed',
  }),
  sampling: data.choice(exampleSamplings, {
    description: 'a new random order each epoch, or the order of the file',
    default: 'random',
    resume: 'fixed',
  }),
  batchSize: data.integer({ description: 'rows per micro-batch', default: 8, min: 1, resume: 'fixed' }),
  gradientAccumulationSteps,

  task: method.choice(fineTuningTasks, {
    description: 'what to learn from the rows: text (sft), or labels (classify); auto: whichever they have',
    default: 'auto',
    resume: 'fixed',
  }),
  method: method.choice(methods, {
    description: 'train all weights, some of them, or low-rank adapters',
    default: 'lora',
    former: ['head'],
    resume: 'fixed',
  }),
  ...freezeFields,
  ...otherLoraFields,
  frozenDtype: method.choice(['f32', 'bf16', 'f16'], {
    description: 'lora, freeze: how frozen matrices are held in memory; they are computed with in f32',
    default: 'f32',
    resume: 'fixed',
  }),

  dropout: method.numberOr('model', {
    description: "probability of dropping, wherever the model does; model: at the model's own rates",
    default: 'model',
    // Models were fine-tuned without.
    before: 0,
    min: 0,
    below: 1,
    resume: 'fixed',
  }),

  ...optimizerFields,
  learningRate: optimizer.number({
    description: 'peak learning rate',
    default: {
      text: 'lora 2e-4, a head alone 1e-3, else 5e-5',
      of: (values) => adaptationNamed(values['method']).learningRate(values),
    },
    min: 0,
    resume: 'fixed',
  }),
  warmupIters: later(optimizerFields.warmupIters, 'a twentieth of the steps'),
  lrDecayIters: later(optimizerFields.lrDecayIters, 'the steps'),
  weightDecay: { ...optimizerFields.weightDecay, default: 0 },
  beta2: { ...optimizerFields.beta2, default: 0.999 },

  ...otherStoppingFields,
  maxIters: later(stoppingFields.maxIters, 'those of --epochs'),
  epochs: stopping.optionalNumber({
    description: 'passes over the data (default: 3, unless --max-iters is given)',
    above: 0,
    resume: 'free',
  }),

  ...ranksFields,

  ...runFields,
  dtype: run.choice(['f32', 'bf16', 'f16'], {
    description: 'how the finished weights are stored, in final/',
    default: 'f32',
    resume: 'free',
  }),
  evalInterval: later(runFields.evalInterval, 'an epoch'),
  checkpointInterval: later(runFields.checkpointInterval, 'an epoch'),
  evalIters: run.optionalInteger({
    description: 'batches per evaluation (default: all)',
    min: 1,
    max: 1_000_000,
    resume: 'fixed',
  }),
  samples: run.integer({
    description: 'validation rows to answer after each evaluation',
    default: 2,
    min: 0,
    resume: 'free',
  }),
  sampleTokens: run.integer({ description: 'most tokens per answer', default: 64, min: 1, resume: 'free' }),
};

/** A configuration of fine-tuning, as it is given: what depends on the data may be open. */
export type FinetuneConfig = ValuesOf<typeof finetuneFields>;

/**
 * Settings as they are spelled today: `method: head` was, until there were tasks, the classification with a head on a frozen
 * body.
 */
function currentFinetuneSettings<T extends Partial<FinetuneConfig>>(values: T): T {
  if ((values.method as string | undefined) !== 'head') return values;
  const { task = 'auto' } = values;
  return { ...values, task: task === 'auto' ? 'classify' : task, method: 'freeze' };
}

/** A configuration of what was given, with all defaults. */
export function finetuneConfig(given: Partial<FinetuneConfig>): FinetuneConfig {
  return withDefaults(finetuneFields, currentFinetuneSettings(given));
}

/** The settings of a run as it recorded them: see {@link recordedSettings}. */
export function recordedFinetuneConfig(recorded: Partial<FinetuneConfig>): Partial<FinetuneConfig> {
  return recordedSettings(finetuneFields, currentFinetuneSettings(recorded));
}

/** One in which nothing is open. */
export type ResolvedFinetuneConfig = FinetuneConfig & RunConfig;

/** Settles what depends on how many batches go through the data once. */
export function resolveLengths(config: FinetuneConfig, batchesPerEpoch: number): ResolvedFinetuneConfig {
  const stepsPerEpoch = batchesPerEpoch / config.gradientAccumulationSteps;
  const { epochs = config.maxIters === undefined ? 3 : Infinity } = config;
  const maxIters = Math.min(config.maxIters ?? Infinity, Math.max(1, Math.ceil(epochs * stepsPerEpoch)));
  const anEpoch = Math.max(1, Math.round(stepsPerEpoch));
  const {
    lrDecayIters = maxIters,
    warmupIters = Math.floor(maxIters / 20),
    evalInterval = anEpoch,
    checkpointInterval = anEpoch,
  } = config;
  return { ...config, maxIters, lrDecayIters, warmupIters, evalInterval, checkpointInterval };
}
