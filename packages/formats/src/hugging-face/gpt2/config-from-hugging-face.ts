import type { Gpt2Config } from '@attune/nn';
import { isJsonObject, type JsonObject } from '@attune/files';
import { ATTUNE_KEY } from '../family/attune-key.js';
import { ConfigJson, refuseForeignParts } from '../family/config-json.js';
import type { ReadConfig, ReadConfigOptions } from '../family/family.js';

/** The defaults of transformers for keys that `config.json` lacks. */
const defaults: JsonObject = {
  vocab_size: 50257,
  n_positions: 1024,
  n_embd: 768,
  n_layer: 12,
  n_head: 12,
  activation_function: 'gelu_new',
  resid_pdrop: 0.1,
  embd_pdrop: 0.1,
  attn_pdrop: 0.1,
  layer_norm_epsilon: 1e-5,
  tie_word_embeddings: true,
};

const activations: ReadonlyMap<unknown, Gpt2Config['activation']> = new Map([
  ['gelu', 'gelu'],
  ['gelu_new', 'gelu_new'],
  ['gelu_pytorch_tanh', 'gelu_new'],
]);

/** Keys of the multiple-choice head, which is never read, and of weight initialisation. */
const unused = [
  ...['summary_type', 'summary_use_proj', 'summary_activation', 'summary_proj_to_labels'],
  ...['summary_first_dropout', 'n_ctx', 'initializer_range'],
];

/**
 * A GPT-2's configuration from `config.json`. Keys that are left out have transformers' defaults.
 *
 * @throws AttuneError UNSUPPORTED_MODEL that names every key whose value is not supported; INVALID_CONFIG that names the
 * key whose value is of the wrong type or out of range.
 */
export function readGpt2Config(
  document: JsonObject,
  options: ReadConfigOptions,
  name: string,
): ReadConfig<Gpt2Config> {
  const json = new ConfigJson(document, defaults, name);
  unused.forEach((key) => json.value(key));
  refuseForeignParts(json);
  json.only('scale_attn_weights', true);
  json.only('scale_attn_by_inverse_layer_idx', false);
  json.only('reorder_and_upcast_attn', false);
  const activation = json.oneOf('activation_function', activations);
  if (
    (json.value('n_inner') ?? undefined) !== undefined &&
    json.value('n_inner') !== 4 * Number(json.value('n_embd'))
  ) {
    json.unsupported('n_inner', 'only 4 · n_embd is');
  }
  json.refuseUnsupported();
  const shape = {
    vocabSize: json.count('vocab_size'),
    blockSize: json.count('n_positions'),
    nLayer: json.layers('n_layer'),
    nHead: json.count('n_head'),
    nEmbd: json.count('n_embd'),
  };
  if (shape.nEmbd % shape.nHead !== 0) throw json.invalid('n_embd', `a multiple of n_head, ${shape.nHead}`);
  const config: Gpt2Config = {
    family: 'gpt2',
    ...shape,
    dropout: dropoutOf(json, options.dropout),
    bias: hasBias(json),
    activation: activation!,
    layerNormEpsilon: json.positive('layer_norm_epsilon'),
    ...(!json.flag('tie_word_embeddings') && { tieEmbeddings: false }),
  };
  return { config, json };
}

/** One number where the three places have the same. */
function dropoutOf(json: ConfigJson, given: number | undefined): Gpt2Config['dropout'] {
  const [embedding, attention, residual] = (['embd_pdrop', 'attn_pdrop', 'resid_pdrop'] as const).map((key) =>
    json.probability(key),
  ) as [number, number, number];
  if (given !== undefined) return given;
  return embedding === attention && attention === residual ? residual : { embedding, attention, residual };
}

function hasBias(json: ConfigJson): boolean {
  const ours = json.value(ATTUNE_KEY) ?? {};
  const bias = isJsonObject(ours) ? (ours['bias'] ?? true) : undefined;
  if (typeof bias !== 'boolean') throw json.invalid(ATTUNE_KEY, 'an object whose "bias" is true or false');
  return bias;
}
