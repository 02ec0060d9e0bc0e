import { AttuneError } from '@attune/core';
import type { LlamaConfig } from '@attune/nn';
import type { JsonObject } from '@attune/files';
import { ATTUNE_KEY } from '../family/attune-key.js';
import { readLlamaConfig } from './config-from-hugging-face.js';
import { llamaDialects } from './dialects.js';
import { ropeKeys } from './rope-json.js';

/**
 * The keys with which the family's code in transformers computes what this decoder computes.
 *
 * @throws AttuneError UNSUPPORTED_MODEL that lists what the family has no word for.
 */
export function llamaKeys(config: LlamaConfig): JsonObject {
  const keys: JsonObject = {
    attention_dropout: config.attentionDropout,
    head_dim: config.headDim,
    hidden_act: 'silu',
    hidden_size: config.nEmbd,
    initializer_range: config.initializerRange,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.maxPositions,
    model_type: config.family,
    num_attention_heads: config.nHead,
    num_hidden_layers: config.nLayer,
    num_key_value_heads: config.nKvHead,
    rms_norm_eps: config.rmsNormEpsilon,
    ...ropeKeys(config.rope),
    tie_word_embeddings: config.tieEmbeddings,
    use_cache: true,
    vocab_size: config.vocabSize,
    ...llamaDialects[config.family].keys(config),
    [ATTUNE_KEY]: { blockSize: config.blockSize },
  };
  // Whatever is lost on the way to the folder would make another model of it.
  const back = readLlamaConfig(keys, {}, 'config.json').config;
  const lost = (Object.keys(config) as (keyof LlamaConfig)[]).filter(
    (key) => JSON.stringify(back[key]) !== JSON.stringify(config[key]),
  );
  if (lost.length > 0) {
    const values = lost.map((key) => `${key} ${JSON.stringify(config[key])}`).join(', ');
    throw new AttuneError(
      'UNSUPPORTED_MODEL',
      `A model of type ${config.family} cannot be stored with ${values}.`,
      {
        fix: 'Give it another family.',
      },
    );
  }
  return keys;
}
