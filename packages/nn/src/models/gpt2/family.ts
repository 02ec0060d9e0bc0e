import type { CausalLmFamily } from '../causal-lm/family.js';
import { gpt2Dropouts, type Gpt2Options } from './config.js';
import { gpt2, type Gpt2Model } from './model.js';

/** GPT-2. */
export const gpt2Family: CausalLmFamily<Gpt2Model, Gpt2Options> = {
  name: 'gpt2',
  title: 'GPT-2',
  architecture: 'gpt2',
  model: gpt2,
  dropouts: (config) => ({ ...gpt2Dropouts(config) }),
  withDropout: (config, dropout) => ({ ...config, dropout }),
  loraTargets: ['c_attn'],
};
