import { AttuneError } from '@attune/core';
import { checkRunConfig } from '../../settings/checks.js';
import { settingGroup, type ValuesOf } from '../../settings/field.js';
import { optimizerFields, runFields, stoppingFields } from '../../settings/shared-fields.js';

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
    description: 'random windows, each block once per epoch in random order, or in sequence',
    default: 'random',
    resume: 'fixed',
  }),
  batchSize: data.integer({ description: 'sequences per micro-batch', default: 12, min: 1, resume: 'fixed' }),
  gradientAccumulationSteps: data.integer({
    description: 'micro-batches per step',
    default: 1,
    min: 1,
    max: 65_536,
    resume: 'fixed',
  }),

  initFrom: model.optionalText('dir', {
    description: 'start from a run, a Hugging Face folder or a hub model, which sets the architecture',
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
  bias: model.boolean({
    description: 'biases in linear layers and layer norms',
    default: false,
    resume: 'fixed',
  }),
  dropout: model.number({
    description: 'dropout probability',
    default: 0,
    min: 0,
    below: 1,
    resume: 'fixed',
  }),
  activation: model.choice(['gelu', 'gelu_new'], {
    description: 'exact GELU, or its tanh approximation',
    default: 'gelu',
    resume: 'fixed',
  }),

  ...optimizerFields,
  ...stoppingFields,
  ...runFields,
};

/** A whole training configuration. */
export type TrainingConfig = ValuesOf<typeof trainingFields>;

function checkShape({ nEmbd, nHead }: TrainingConfig): void {
  if (nEmbd % nHead === 0) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `The width must be a multiple of the heads, but nEmbd is ${nEmbd} and nHead is ${nHead}.`,
    { fix: `Try --n-embd ${Math.ceil(nEmbd / nHead) * nHead}.` },
  );
}

/** @throws AttuneError INVALID_CONFIG where two settings do not go together. */
export function checkConfig(config: TrainingConfig): void {
  checkShape(config);
  checkRunConfig(config);
}
