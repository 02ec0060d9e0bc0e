import type { Gpt2Config } from '@attune/nn';
import type { JsonObject } from '../../bytes/json.js';
import { ATTUNE_KEY, type SpecialTokens } from './config.js';

/** Standard deviation of nanoGPT's and transformers' initialisation. */
const INITIALIZER_RANGE = 0.02;

/** The `config.json` of a GPT-2, with which transformers' `GPT2LMHeadModel` computes what this model computes. */
export function gpt2ConfigToHuggingFace(config: Gpt2Config, tokens: Partial<SpecialTokens> = {}): JsonObject {
  return {
    activation_function: config.activation,
    architectures: ['GPT2LMHeadModel'],
    attn_pdrop: config.dropout,
    // Left out, they would be GPT-2's 50256, which other vocabularies do not have.
    bos_token_id: tokens.bosTokenId ?? null,
    dtype: 'float32',
    embd_pdrop: config.dropout,
    eos_token_id: tokens.eosTokenId ?? null,
    initializer_range: INITIALIZER_RANGE,
    layer_norm_epsilon: config.layerNormEpsilon,
    model_type: 'gpt2',
    n_ctx: config.blockSize,
    n_embd: config.nEmbd,
    n_head: config.nHead,
    n_inner: null,
    n_layer: config.nLayer,
    n_positions: config.blockSize,
    resid_pdrop: config.dropout,
    scale_attn_weights: true,
    tie_word_embeddings: true,
    use_cache: true,
    vocab_size: config.vocabSize,
    ...(config.bias ? {} : { [ATTUNE_KEY]: { bias: false } }),
  };
}

/** The `generation_config.json` that belongs to it. */
export function generationConfig(tokens: Partial<SpecialTokens> = {}): JsonObject {
  return {
    _from_model_config: true,
    bos_token_id: tokens.bosTokenId ?? null,
    eos_token_id: tokens.eosTokenId ?? null,
  };
}
