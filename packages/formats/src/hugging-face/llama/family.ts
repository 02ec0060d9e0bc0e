import { llamaFamilies, type LlamaConfig } from '@attune/nn';
import { CLASSIFIER } from '../classifier-config.js';
import type { ModelFamily } from '../family.js';
import { readLlamaConfig } from './config-from-hugging-face.js';
import { llamaKeys } from './config-to-hugging-face.js';

/** Rotary frequencies that old folders store. */
const FREQUENCIES = /(^|\.)rotary_emb\.inv_freq$/;

const classNames: Readonly<Record<LlamaConfig['family'], string>> = {
  llama: 'Llama',
  mistral: 'Mistral',
  qwen2: 'Qwen2',
  qwen3: 'Qwen3',
};

/** Llama and its kin: one decoder, described by its configuration. */
export const llamaFamily: ModelFamily<LlamaConfig> = {
  modelTypes: llamaFamilies,
  prefix: 'model.',
  readConfig: readLlamaConfig,
  writeConfig: llamaKeys,
  className: ({ family }, head) => `${classNames[family]}${head === 'tokens' ? 'ForCausalLM' : CLASSIFIER}`,
  isComputed: (name) => FREQUENCIES.test(name),
};
