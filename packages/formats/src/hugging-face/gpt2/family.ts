import type { TensorSpecs } from '@attune/core';
import { gpt2, type Gpt2Config } from '@attune/nn';
import { CLASSIFIER } from '../family/classifier-config.js';
import type { FolderLayout } from '../family/family.js';
import { readGpt2Config } from './config-from-hugging-face.js';
import { gpt2Keys } from './config-to-hugging-face.js';

/** Causal masks that old folders store. */
const MASK = /(^|\.)h\.\d+\.attn\.(bias|masked_bias)$/;

/** The biases of a GPT-2 that has none: transformers' always has them. */
function missingBiases(config: Gpt2Config): TensorSpecs {
  if (config.bias) return {};
  const biased = gpt2({ ...config, bias: true }).parameters.filter(({ name }) => name.endsWith('.bias'));
  return Object.fromEntries(biased.map(({ name, shape, dtype }) => [name, { shape, dtype }]));
}

/** GPT-2, whose linear weights are `[in, out]`, and whose head is the token embedding. */
export const gpt2Layout: FolderLayout<Gpt2Config> = {
  prefix: 'transformer.',
  readConfig: readGpt2Config,
  writeConfig: gpt2Keys,
  className: (head) => (head === 'tokens' ? 'GPT2LMHeadModel' : `GPT2${CLASSIFIER}`),
  zeroTensors: missingBiases,
  isComputed: (name) => MASK.test(name),
};
