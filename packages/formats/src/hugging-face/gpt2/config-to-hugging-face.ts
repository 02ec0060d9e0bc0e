import { gpt2Dropouts, type Gpt2Config } from '@attune/nn';
import type { JsonObject } from '@attune/files';
import { ATTUNE_KEY } from '../family/attune-key.js';

/** Standard deviation of nanoGPT's and transformers' initialisation. */
const INITIALIZER_RANGE = 0.02;

/** The keys with which transformers' GPT-2 computes what this one computes. */
export function gpt2Keys(config: Gpt2Config): JsonObject {
  const { embedding, attention, residual } = gpt2Dropouts(config);
  return {
    activation_function: config.activation,
    attn_pdrop: attention,
    embd_pdrop: embedding,
    initializer_range: INITIALIZER_RANGE,
    layer_norm_epsilon: config.layerNormEpsilon,
    model_type: 'gpt2',
    n_ctx: config.blockSize,
    n_embd: config.nEmbd,
    n_head: config.nHead,
    n_inner: null,
    n_layer: config.nLayer,
    n_positions: config.blockSize,
    resid_pdrop: residual,
    scale_attn_weights: true,
    tie_word_embeddings: config.tieEmbeddings ?? true,
    use_cache: true,
    vocab_size: config.vocabSize,
    ...(config.bias ? {} : { [ATTUNE_KEY]: { bias: false } }),
  };
}
