import type { CausalLmFamily } from '../causal-lm/family.js';
import type { LlamaConfig, LlamaOptions } from './config.js';
import { llama, type LlamaModel } from './model.js';

/** A family whose models are {@link LlamaModel}s: Llama itself, Mistral, Qwen2 or Qwen3. */
export function llamaFamily(
  name: LlamaConfig['family'],
  title: string,
): CausalLmFamily<LlamaModel, LlamaOptions> {
  return {
    name,
    title,
    architecture: 'llama',
    model: (options) => llama({ ...options, family: name }),
    dropouts: ({ attentionDropout }) => ({ attention: attentionDropout }),
    withDropout: (config, attentionDropout) => ({ ...config, attentionDropout }),
    loraTargets: ['q_proj', 'v_proj'],
  };
}
