import { causalLmFamilies, type CausalLmFamilyName } from '@attune/nn';
import { settingGroup, type ValuesOf } from '../../settings/field.js';
import {
  gradientAccumulationSteps,
  optimizerFields,
  ranksFields,
  runFields,
  stoppingFields,
} from '../../settings/shared-fields.js';

const data = settingGroup('Data');
const model = settingGroup('Model');

/**
 * Every hyper-parameter of pretraining, under nanoGPT's name. The defaults are nanoGPT's for a laptop: a small GPT
 * that reads characters.
 */
export const trainingFields = {
  data: data.optionalText('dir', {
    description: 'token files written by `attune prepare` (default: the embedded stories)',
    resume: 'free',
  }),
  sampling: data.choice(['random', 'shuffle', 'sequential'], {
    description:
      'random: windows anywhere; shuffle: each block once per epoch, in random order; sequential: block by block',
    default: 'random',
    resume: 'fixed',
  }),
  batchSize: data.integer({ description: 'sequences per micro-batch', default: 12, min: 1, resume: 'fixed' }),
  gradientAccumulationSteps,

  initFrom: model.optionalText('dir', {
    description: 'start from a run, a Hugging Face folder or a hub model, which sets the architecture',
    resume: 'fixed',
  }),
  family: model.choice(Object.keys(causalLmFamilies) as CausalLmFamilyName[], {
    description: 'kind of model, by its name at Hugging Face (model_type)',
    default: 'gpt2',
    // There was no other.
    before: 'gpt2',
    resume: 'fixed',
  }),
  vocabSize: model.optionalInteger({
    description: "vocabulary size, at least the data's (default: the data's)",
    min: 1,
    resume: 'fixed',
  }),
  blockSize: model.integer({ description: 'context length in tokens', default: 64, min: 1, resume: 'fixed' }),
  nLayer: model.integer({
    description: 'transformer blocks',
    default: 4,
    min: 1,
    max: 1024,
    resume: 'fixed',
  }),
  nHead: model.integer({
    description: 'attention heads; must divide --n-embd',
    default: 4,
    min: 1,
    resume: 'fixed',
  }),
  nEmbd: model.integer({ description: 'embedding width', default: 128, min: 1, resume: 'fixed' }),
  nKvHead: model.optionalInteger({
    description: 'key and value heads, for all but gpt2; must divide --n-head (default: --n-head)',
    min: 1,
    resume: 'fixed',
  }),
  headDim: model.optionalInteger({
    description: 'width of a head, for all but gpt2 (default: --n-embd / --n-head)',
    min: 2,
    resume: 'fixed',
  }),
  intermediateSize: model.derivedInteger({
    description: 'width of the MLP, for all but gpt2',
    default: {
      text: '8/3 of --n-embd, to the next multiple of 32',
      of: ({ family, nEmbd }) => (family === 'gpt2' ? undefined : 32 * Math.ceil((nEmbd as number) / 12)),
    },
    min: 1,
    resume: 'fixed',
  }),
  ropeTheta: model.optionalNumber({
    description: 'base of the rotary frequencies, for all but gpt2 (default: 10000)',
    above: 0,
    resume: 'fixed',
  }),
  rmsNormEpsilon: model.optionalNumber({
    description: 'added to the mean square of a norm, for all but gpt2 (default: 1e-6)',
    above: 0,
    resume: 'fixed',
  }),
  tieEmbeddings: model.optionalBoolean({
    description: 'the head is the token embedding (default: true for gpt2, false for others)',
    resume: 'fixed',
  }),
  bias: model.boolean({
    description: 'biases in linear layers and layer norms; gpt2 only',
    default: false,
    resume: 'fixed',
  }),
  dropout: model.number({
    description: 'probability of dropping: wherever GPT-2 drops, in other families attention weights alone',
    default: 0,
    min: 0,
    below: 1,
    resume: 'fixed',
  }),
  activation: model.choice(['gelu', 'gelu_new'], {
    description: 'exact GELU, or its tanh approximation; gpt2 only',
    default: 'gelu',
    resume: 'fixed',
  }),

  ...optimizerFields,
  ...stoppingFields,
  ...ranksFields,
  ...runFields,
};

/** A whole training configuration. */
export type TrainingConfig = ValuesOf<typeof trainingFields>;
