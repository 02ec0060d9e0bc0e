import { exampleSamplings } from '@attune/data';
import { fieldGroup, type Field, type ValuesOf } from './field.js';
import { fineTuningDataFields } from './fine-tuning-data-fields.js';
import { optimizerFields, runFields, stoppingFields, type RunConfig } from './training-fields.js';

const model = fieldGroup('Model');
const method = fieldGroup('Method');
const data = fieldGroup('Data');
const optimizer = fieldGroup('Optimizer');
const stopping = fieldGroup('Stopping');
const run = fieldGroup('Run');

/** How a pretrained model is adapted. */
export const methods = ['full', 'freeze', 'head', 'lora'] as const;

/** Peak learning rates that usually work: the fewer weights are trained, the higher. */
const LEARNING_RATES: Readonly<Record<(typeof methods)[number], number>> = {
  full: 5e-5,
  freeze: 5e-5,
  head: 1e-3,
  lora: 2e-4,
};

/** A setting whose default is known when the data is. */
function later(field: Field<number>, description: string): Field<number | undefined> {
  return { ...field, default: undefined, description: `${field.description} (default: ${description})` };
}

const { maxEpochs: _, ...otherStoppingFields } = stoppingFields;

/** Every setting of fine-tuning. Those it shares with pretraining have the same names. */
export const finetuneFields = {
  model: model.requiredText('dir', {
    description: 'model to start from: run, Hugging Face folder, or hub model (organisation/model)',
  }),
  adapter: model.optionalText('dir', { description: 'LoRA adapter to continue training' }),

  ...fineTuningDataFields,
  packing: data.switch('pack several rows into one sequence; each attends to itself only'),
  sampling: data.choice(exampleSamplings, {
    description: 'a new random order each epoch, or the order of the file',
    default: 'random',
  }),
  batchSize: data.integer({ description: 'rows per micro-batch', default: 8, min: 1 }),
  gradientAccumulationSteps: data.integer({
    description: 'micro-batches per step',
    default: 1,
    min: 1,
    max: 65_536,
  }),

  method: method.choice(methods, {
    description: 'train all weights, some of them, a new classification head, or low-rank adapters',
    default: 'lora',
  }),
  freeze: method.texts('glob', { description: 'freeze: parameters to freeze', default: [] }),
  train: method.texts('glob', { description: 'freeze, head: parameters to train nevertheless', default: [] }),
  freezeLayers: method.optionalInteger({
    description: 'freeze: also the embeddings and this many of the first blocks',
    min: 0,
  }),
  loraRank: method.integer({ description: 'lora: rank', default: 8, min: 1, max: 65_536 }),
  loraAlpha: method.number({
    description: 'lora: alpha; updates are scaled by alpha / rank',
    default: { text: 'twice --lora-rank', of: ({ loraRank }) => 2 * (loraRank as number) },
    above: 0,
  }),
  loraDropout: method.number({
    description: "lora: probability of dropping the adapters' inputs",
    default: 0,
    min: 0,
    below: 1,
  }),
  targetModules: method.texts('name', {
    description:
      "lora: layers to adapt, by name, all-linear, or one pattern over whole paths (default: the attention's, as in peft)",
    default: [],
  }),
  modulesToSave: method.texts('name', { description: 'lora: other modules to train whole', default: [] }),
  loraBias: method.choice(['none', 'all', 'lora_only'], {
    description: 'lora: biases to train',
    default: 'none',
  }),
  useRslora: method.switch('lora: scale by alpha / sqrt(rank)'),
  useDora: method.switch('lora: weight-decomposed updates (DoRA)'),

  dropout: method.numberOr('model', {
    description: "probability of dropping, wherever the model does; model: at the model's own rates",
    default: 'model',
    min: 0,
    below: 1,
  }),

  ...optimizerFields,
  learningRate: optimizer.number({
    description: 'peak learning rate',
    default: {
      text: 'by method: lora 2e-4, head 1e-3, else 5e-5',
      of: ({ method: name }) => LEARNING_RATES[name as (typeof methods)[number]],
    },
    min: 0,
  }),
  warmupIters: later(optimizerFields.warmupIters, 'a twentieth of the steps'),
  lrDecayIters: later(optimizerFields.lrDecayIters as Field<number>, 'the steps'),
  weightDecay: { ...optimizerFields.weightDecay, default: 0 },
  beta2: { ...optimizerFields.beta2, default: 0.999 },

  ...otherStoppingFields,
  maxIters: later(stoppingFields.maxIters, 'those of --epochs'),
  epochs: stopping.optionalNumber({
    description: 'passes over the data (default: 3, unless --max-iters is given)',
    above: 0,
  }),

  ...runFields,
  dtype: run.choice(['f32', 'bf16', 'f16'], {
    description: 'how the finished weights are stored, in final/',
    default: 'f32',
  }),
  evalInterval: later(runFields.evalInterval, 'an epoch'),
  checkpointInterval: later(runFields.checkpointInterval, 'an epoch'),
  evalIters: run.optionalInteger({
    description: 'batches per evaluation (default: all)',
    min: 1,
    max: 1_000_000,
  }),
  samples: run.integer({
    description: 'validation rows to answer after each evaluation',
    default: 2,
    min: 0,
  }),
  sampleTokens: run.integer({ description: 'most tokens per answer', default: 64, min: 1 }),
};

/** A configuration of fine-tuning, as it is given: what depends on the data may be open. */
export type FinetuneConfig = ValuesOf<typeof finetuneFields>;

/** The settings of a run as it recorded them. One that has no dropout was begun when there was none. */
export function recordedFinetuneConfig<T extends Partial<FinetuneConfig>>(recorded: T) {
  return { dropout: 0, ...recorded };
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
