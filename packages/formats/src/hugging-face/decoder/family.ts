import { decoderFamilies, type DecoderModelConfig } from '@attune/nn';
import { CLASSIFIER } from '../classifier-config.js';
import type { ModelFamily } from '../family.js';
import { readDecoderConfig } from './config-from-hugging-face.js';
import { decoderKeys } from './config-to-hugging-face.js';

/** Rotary frequencies that old folders store. */
const FREQUENCIES = /(^|\.)rotary_emb\.inv_freq$/;

const classNames: Readonly<Record<DecoderModelConfig['family'], string>> = {
  llama: 'Llama',
  mistral: 'Mistral',
  qwen2: 'Qwen2',
  qwen3: 'Qwen3',
};

/** Llama and its kin: one decoder, described by its configuration. */
export const decoderFamily: ModelFamily<DecoderModelConfig> = {
  modelTypes: decoderFamilies,
  prefix: 'model.',
  readConfig: readDecoderConfig,
  writeConfig: decoderKeys,
  className: ({ family }, head) => `${classNames[family]}${head === 'tokens' ? 'ForCausalLM' : CLASSIFIER}`,
  isComputed: (name) => FREQUENCIES.test(name),
};
