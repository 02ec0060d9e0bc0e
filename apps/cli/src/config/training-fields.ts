import { fieldGroup, type ValuesOf } from './field.js';

const data = fieldGroup('Data');
const model = fieldGroup('Model');
const optimizer = fieldGroup('Optimizer');
const stopping = fieldGroup('Stopping');
const run = fieldGroup('Run');

/** How parameters follow their gradients, whatever is trained. */
export const optimizerFields = {
  learningRate: optimizer.number({ description: 'peak learning rate', default: 1e-3, min: 0 }),
  minLr: optimizer.number({
    description: 'learning rate after the decay',
    default: {
      text: 'a tenth of --learning-rate',
      of: ({ learningRate }) => (learningRate as number) / 10,
    },
    min: 0,
  }),
  warmupIters: optimizer.integer({ description: 'steps of linear warm-up', default: 100, min: 0 }),
  lrDecayIters: optimizer.integer({
    description: 'step at which the cosine decay ends',
    default: { text: '--max-iters', of: ({ maxIters }) => maxIters as number },
    min: 0,
  }),
  weightDecay: optimizer.number({
    description: 'decoupled, on tensors of two axes and more',
    default: 0.1,
    min: 0,
  }),
  beta1: optimizer.number({ description: 'decay of the first moment', default: 0.9, min: 0, below: 1 }),
  beta2: optimizer.number({ description: 'decay of the second moment', default: 0.99, min: 0, below: 1 }),
  gradClip: optimizer.number({
    description: 'largest global norm of the gradient; 0 does not clip',
    default: 1,
    min: 0,
  }),

  lossSpikeZScore: optimizer.optionalNumber({
    description: 'how many standard deviations above its running mean a loss is a spike',
    above: 0,
  }),
  lossSpikeAction: optimizer.choice(['stop', 'skip'], {
    description: 'end the run at a spike, or leave the step out',
    default: 'stop',
  }),
};

/** When a run ends. */
export const stoppingFields = {
  maxIters: stopping.integer({ description: 'steps', default: 2000, min: 1 }),
  maxEpochs: stopping.optionalNumber({ description: 'times through the data', above: 0 }),
  maxTokens: stopping.optionalInteger({ description: 'tokens trained on', min: 1 }),
  maxSeconds: stopping.optionalNumber({
    description: 'seconds, counted anew when a run is resumed',
    above: 0,
  }),
  targetLoss: stopping.optionalNumber({ description: 'train loss that is low enough', min: 0 }),
  patience: stopping.optionalInteger({
    description: 'evaluations in a row without a lower validation loss',
    min: 1,
  }),
  minDelta: stopping.number({
    description: 'how much lower a validation loss has to be for --patience',
    default: 0,
    min: 0,
  }),
};

/** What happens between the steps. */
export const runFields = {
  evalInterval: run.integer({
    description: 'steps between evaluations; 0 evaluates at the end only',
    default: 250,
    min: 0,
  }),
  evalIters: run.integer({ description: 'random batches to an evaluation', default: 20, min: 1 }),
  checkpointInterval: run.integer({
    description: 'steps between checkpoints; 0 writes none but on Ctrl-C',
    default: 1000,
    min: 0,
  }),
  keepCheckpoints: run.integer({
    description: 'how many of the last checkpoints stay, beside the best; 0 keeps all',
    default: 3,
    min: 0,
  }),
  sampleTokens: run.integer({
    description: 'tokens of the sample after each evaluation; 0 draws none',
    default: 200,
    min: 0,
  }),
  logInterval: run.integer({
    description: 'steps between lines where there is no terminal',
    default: 10,
    min: 1,
  }),
  gradientCheckpointing: run.switch('compute blocks again in the backward pass: less memory, more time'),
  chunkTokens: run.optionalInteger({
    description: 'tokens whose logits are in memory at once (default: all)',
    min: 1,
  }),
  seed: run.integer({ description: 'of everything random', default: 1337, min: 0, max: 2 ** 31 - 1 }),
  backend: run.text('name', {
    description: 'auto, cuda, webgpu, cpu, wasm, reference, or a package',
    default: 'auto',
  }),
};

/**
 * Every hyper-parameter of pretraining, under nanoGPT's name. The defaults are nanoGPT's for a laptop: a small GPT
 * that reads characters.
 */
export const trainingFields = {
  data: data.optionalText('dir', {
    description: 'token files, as `attune prepare` writes them; without it, the embedded corpus',
  }),
  sampling: data.choice(['random', 'shuffle', 'sequential'], {
    description: 'windows at random places, each block once an epoch, or one after the other',
    default: 'random',
  }),
  batchSize: data.integer({ description: 'rows of a micro-batch', default: 12, min: 1 }),
  gradientAccumulationSteps: data.integer({
    description: 'micro-batches to a step',
    default: 1,
    min: 1,
  }),

  initFrom: model.optionalText('dir', {
    description: 'start from a Hugging Face folder, a run or a model of the hub, which then fixes the shape',
  }),
  vocabSize: model.optionalInteger({
    description: "tokens of the vocabulary, at least the data's (default: the data's)",
    min: 1,
  }),
  blockSize: model.integer({ description: 'tokens of context', default: 64, min: 1 }),
  nLayer: model.integer({ description: 'blocks', default: 4, min: 1 }),
  nHead: model.integer({ description: 'attention heads; divides the width', default: 4, min: 1 }),
  nEmbd: model.integer({ description: 'width', default: 128, min: 1 }),
  bias: model.boolean({ description: 'biases in linear layers and layer norms', default: false }),
  dropout: model.number({ description: 'probability of dropping', default: 0, min: 0, below: 1 }),
  activation: model.choice(['gelu', 'gelu_new'], {
    description: 'exact GELU, or its tanh approximation',
    default: 'gelu',
  }),

  ...optimizerFields,
  ...stoppingFields,
  ...runFields,
};

/** A whole training configuration. */
export type TrainingConfig = ValuesOf<typeof trainingFields>;

/** What the course of every run depends on. */
export type RunConfig = Omit<
  ValuesOf<typeof optimizerFields & typeof stoppingFields & typeof runFields>,
  'maxEpochs' | 'evalIters'
> &
  Pick<TrainingConfig, 'batchSize' | 'gradientAccumulationSteps'> & {
    readonly maxEpochs?: number | undefined;
  };
