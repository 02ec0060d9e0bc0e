import { settingGroup, type ValuesOf } from './field.js';

const optimizer = settingGroup('Optimizer');
const stopping = settingGroup('Stopping');
const run = settingGroup('Run');
const ranks = settingGroup('Several processes');

/** How many micro-batches a step adds up, whatever is trained. */
export const gradientAccumulationSteps = settingGroup('Data').integer({
  description: 'micro-batches whose gradients make up a step',
  default: 1,
  min: 1,
  max: 65_536,
  resume: 'fixed',
});

/** How parameters follow their gradients, whatever is trained. */
export const optimizerFields = {
  learningRate: optimizer.number({
    description: 'peak learning rate',
    default: 1e-3,
    min: 0,
    resume: 'fixed',
  }),
  minLr: optimizer.number({
    description: 'minimum learning rate, after the decay',
    default: {
      text: 'a tenth of --learning-rate',
      of: ({ learningRate }) => (learningRate as number) / 10,
    },
    min: 0,
    resume: 'fixed',
  }),
  warmupIters: optimizer.integer({
    description: 'steps in which the learning rate rises to its peak',
    default: 100,
    min: 0,
    resume: 'fixed',
  }),
  lrDecayIters: optimizer.integer({
    description: 'step at which the cosine decay ends',
    default: { text: '--max-iters', of: ({ maxIters }) => maxIters as number },
    min: 0,
    resume: 'fixed',
  }),
  weightDecay: optimizer.number({
    description: 'weight decay (decoupled), on tensors of two or more dimensions',
    default: 0.1,
    min: 0,
    resume: 'fixed',
  }),
  beta1: optimizer.number({
    description: 'Adam: decay rate of the first moment',
    default: 0.9,
    min: 0,
    below: 1,
    resume: 'fixed',
  }),
  beta2: optimizer.number({
    description: 'Adam: decay rate of the second moment',
    default: 0.99,
    min: 0,
    below: 1,
    resume: 'fixed',
  }),
  gradClip: optimizer.number({
    description: 'clip the global gradient norm to this; 0: do not clip',
    default: 1,
    min: 0,
    resume: 'fixed',
  }),

  lossSpikeZScore: optimizer.optionalNumber({
    description: 'a loss this many standard deviations above its running mean is a spike',
    above: 0,
    resume: 'free',
  }),
  lossSpikeAction: optimizer.choice(['stop', 'skip'], {
    description: 'at a loss spike, stop the run or skip the step',
    default: 'stop',
    resume: 'free',
  }),
};

/** When a run ends. */
export const stoppingFields = {
  maxIters: stopping.integer({ description: 'training steps', default: 2000, min: 1, resume: 'free' }),
  maxEpochs: stopping.optionalNumber({
    description: 'stop after this many passes over the data',
    above: 0,
    resume: 'free',
  }),
  maxTokens: stopping.optionalInteger({
    description: 'stop after training on this many tokens',
    min: 1,
    resume: 'free',
  }),
  maxSeconds: stopping.optionalNumber({
    description: 'stop after this many seconds; the clock starts again on --resume',
    above: 0,
    resume: 'free',
  }),
  targetLoss: stopping.optionalNumber({
    description: 'stop when the training loss is this low',
    min: 0,
    resume: 'free',
  }),
  patience: stopping.optionalInteger({
    description: 'stop after this many evaluations without a lower validation loss',
    min: 1,
    resume: 'free',
  }),
  minDelta: stopping.number({
    description: 'smallest decrease of the validation loss that counts for --patience',
    default: 0,
    min: 0,
    resume: 'free',
  }),
};

/** How processes that train together share the work. One process takes no notice of them. */
export const ranksFields = {
  shardOptimizer: ranks.switch({
    description: "keep each of the optimizer's moments on one rank only: less memory, the same numbers",
    resume: 'free',
  }),
  outerSteps: ranks.integer({
    description:
      'steps that each rank takes on its own before parameters are averaged, for slow links; 0: add gradients up in every step',
    default: 0,
    min: 0,
    resume: 'fixed',
  }),
  outerLearningRate: ranks.number({
    description: 'learning rate of the step over averaged parameters, with --outer-steps',
    default: 0.7,
    above: 0,
    resume: 'fixed',
  }),
  outerMomentum: ranks.number({
    description: 'Nesterov momentum of the step over averaged parameters, with --outer-steps',
    default: 0.9,
    min: 0,
    below: 1,
    resume: 'fixed',
  }),
};

/** The fields about evaluations, samples, checkpoints and logs. */
export const runFields = {
  evalInterval: run.integer({
    description: 'steps between evaluations; 0: at the end only',
    default: 250,
    min: 0,
    resume: 'free',
  }),
  evalIters: run.integer({
    description: 'random batches per evaluation',
    default: 20,
    min: 1,
    max: 1_000_000,
    resume: 'fixed',
  }),
  checkpointInterval: run.integer({
    description: 'steps between checkpoints; 0: on Ctrl-C only',
    default: 1000,
    min: 0,
    resume: 'free',
  }),
  keepCheckpoints: run.integer({
    description: 'recent checkpoints to keep, besides the best; 0: all',
    default: 3,
    min: 0,
    resume: 'free',
  }),
  sampleTokens: run.integer({
    description: 'length of the sample printed after each evaluation; 0: no sample',
    default: 200,
    min: 0,
    resume: 'free',
  }),
  logInterval: run.integer({
    description: 'steps between log lines, when not on a terminal',
    default: 10,
    min: 1,
    resume: 'free',
  }),
  tensorboard: run.boolean({
    description: "write event files for TensorBoard, into the run's tensorboard/",
    default: false,
    resume: 'free',
  }),
  gradientCheckpointing: run.switch({
    description: 'recompute activations in the backward pass: less memory, more time',
    resume: 'free',
  }),
  chunkTokens: run.optionalInteger({
    description: 'compute the logits of this many tokens at a time: less memory (default: all)',
    min: 1,
    resume: 'fixed',
  }),
  seed: run.integer({
    description: 'random seed of weights, batches, dropout and samples',
    default: 1337,
    min: 0,
    max: 2 ** 31 - 1,
    resume: 'fixed',
  }),
  backend: run.text('name', {
    description: 'auto, cuda, webgpu, cpu, wasm, reference, or the name of a package',
    default: 'auto',
    resume: 'free',
  }),
  engine: run.optionalText('name', {
    description:
      'kernels of --backend cpu (attune, onnxruntime) or wasm (attune, tfjs) (default: the first, the fastest)',
    resume: 'free',
  }),
  isa: run.optionalText('name', {
    description:
      'instruction set of the engine attune: avx512, avx2, neon; on wasm relaxed, simd128 (default: the best here)',
    resume: 'free',
  }),
};

/** The settings that decide the course of every run. */
export interface RunConfig extends Omit<
  ValuesOf<typeof optimizerFields & typeof stoppingFields & typeof ranksFields & typeof runFields>,
  'maxEpochs' | 'evalIters'
> {
  /** Rows of a micro-batch. */
  readonly batchSize: number;
  /** Micro-batches of a step. */
  readonly gradientAccumulationSteps: number;
  readonly maxEpochs?: number | undefined;
}
