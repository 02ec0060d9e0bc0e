import { llamaConfig, type LlamaConfig, type SlidingWindow } from '@attune/nn';
import type { JsonObject } from '@attune/files';
import { ATTUNE_KEY } from '../family/attune-key.js';
import { ConfigJson, refuseForeignParts } from '../family/config-json.js';
import type { ReadConfig, ReadConfigOptions } from '../family/family.js';
import { llamaDialects } from './dialects.js';
import { ropeReader } from './rope-json.js';

const activations: ReadonlyMap<unknown, 'silu'> = new Map([
  ['silu', 'silu'],
  ['swish', 'silu'],
]);

const LAYER_TYPES = ['full_attention', 'sliding_attention'];

/**
 * Which layers see a window only. Llama's none; Mistral's all, if it says how wide it is; Qwen's, if they use it, those
 * that `layer_types` names, or from `max_window_layers` on.
 */
function slidingWindow(
  json: ConfigJson,
  family: LlamaConfig['family'],
  nLayer: number,
): SlidingWindow | null {
  const size = json.optionalCount('sliding_window');
  const chosen = llamaDialects[family].choosesWindows;
  const used = (!chosen || json.flag('use_sliding_window')) && size !== undefined;
  // Qwen's folders always have it, also where it is not used.
  if (chosen) json.value('max_window_layers');
  const first = chosen && used ? json.index('max_window_layers') : 0;
  const all = Array.from({ length: nLayer }, (_, layer) => layer);
  const assumed = used ? all.filter((layer) => layer >= first) : [];
  const types = json.value('layer_types') ?? undefined;
  if (types === undefined) return assumed.length > 0 ? { size: size!, layers: assumed } : null;
  if (
    !Array.isArray(types) ||
    types.length !== nLayer ||
    !types.every((type) => LAYER_TYPES.includes(type))
  ) {
    throw json.invalid('layer_types', `${nLayer} times one of ${LAYER_TYPES.join(', ')}`);
  }
  const layers = all.filter((layer) => types[layer] === 'sliding_attention');
  if ((layers.length > 0 && !used) || (!chosen && layers.length !== assumed.length)) {
    json.unsupported('layer_types', `${family} with this sliding_window has none such`);
    json.refuseUnsupported();
  }
  return layers.length > 0 ? { size: size!, layers } : null;
}

/**
 * A decoder's configuration from `config.json`. Keys that are left out have the family's defaults in transformers.
 *
 * @throws AttuneError UNSUPPORTED_MODEL that names every key whose value is not supported; INVALID_CONFIG that names the
 * key whose value is of the wrong type or out of range.
 */
export function readLlamaConfig(
  document: JsonObject,
  { blockSize, dropout }: ReadConfigOptions,
  name: string,
): ReadConfig<LlamaConfig> {
  const family = document['model_type'] as LlamaConfig['family'];
  const { defaults, ignored } = llamaDialects[family];
  const json = new ConfigJson(document, defaults, name);
  refuseForeignParts(json);
  for (const [key, value] of Object.entries(ignored)) json.only(key, value);
  json.only('use_mrope', false);
  json.oneOf('hidden_act', activations);
  const rope = ropeReader(json, () => json.count('max_position_embeddings'));
  json.refuseUnsupported();
  const nLayer = json.layers('num_hidden_layers');
  const nHead = json.count('num_attention_heads');
  const nKvHead = json.optionalCount('num_key_value_heads') ?? nHead;
  if (nHead % nKvHead !== 0) {
    throw json.invalid('num_attention_heads', `a multiple of num_key_value_heads, ${nKvHead}`);
  }
  const headDim = json.optionalCount('head_dim') ?? Math.floor(json.count('hidden_size') / nHead);
  if (headDim % 2 !== 0) throw json.invalid('head_dim', 'even, as rotary positions turn pairs');
  const biased = json.flag('attention_bias');
  const attentionDropout = json.probability('attention_dropout');
  const config = llamaConfig({
    family,
    vocabSize: json.count('vocab_size'),
    blockSize: blockSize ?? json.object(ATTUNE_KEY)?.optionalCount('blockSize'),
    maxPositions: json.count('max_position_embeddings'),
    nLayer,
    nHead,
    nKvHead,
    headDim,
    nEmbd: json.count('hidden_size'),
    intermediateSize: json.count('intermediate_size'),
    rmsNormEpsilon: json.positive('rms_norm_eps'),
    rope: rope(),
    // Where the key is not looked at, the family has its own.
    attentionBias: 'attention_bias' in ignored ? undefined : biased ? 'all' : 'none',
    mlpBias: json.flag('mlp_bias'),
    slidingWindow: slidingWindow(json, family, nLayer),
    tieEmbeddings: json.flag('tie_word_embeddings'),
    attentionDropout: dropout ?? attentionDropout,
    initializerRange: json.positive('initializer_range'),
  });
  return { config, json };
}
