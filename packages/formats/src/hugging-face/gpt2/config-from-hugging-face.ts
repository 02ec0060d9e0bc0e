import { AttuneError } from '@attune/core';
import type { Gpt2Config } from '@attune/nn';
import { isJsonObject, type JsonObject } from '../../bytes/json.js';
import { ATTUNE_KEY } from './config.js';

/** What transformers assumes where `config.json` says nothing. */
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

/** Keys that change what the model computes, and their only value that is computed here. */
const fixedValues = {
  tie_word_embeddings: true,
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  reorder_and_upcast_attn: false,
  add_cross_attention: false,
} as const;

function unsupportedFeatures(json: JsonObject, nEmbd: unknown): string[] {
  const faults = Object.entries(fixedValues)
    .filter(([key, value]) => (json[key] ?? value) !== value)
    .map(([key, value]) => `${key} is ${JSON.stringify(json[key])} (only ${value} is)`);
  const inner = json['n_inner'] ?? undefined;
  if (inner !== undefined && inner !== 4 * Number(nEmbd)) {
    faults.push(`n_inner is ${JSON.stringify(inner)} (only 4 · n_embd is)`);
  }
  const activation = json['activation_function'];
  if (!activations.has(activation)) {
    const known = [...activations.keys()].join(', ');
    faults.push(`activation_function is ${JSON.stringify(activation)} (only ${known} are)`);
  }
  for (const key of ['quantization_config', 'pruned_heads']) {
    const value = json[key];
    if (isJsonObject(value) && Object.keys(value).length > 0) faults.push(`${key} is set (none is)`);
  }
  return faults;
}

/** Options of {@link gpt2ConfigFromHuggingFace}. */
export interface Gpt2ConfigOptions {
  /**
   * Dropout, in place of the folder's three. Needed where these differ, as a model has one here; any will do where the
   * model is not trained.
   */
  readonly dropout?: number;
}

/**
 * A GPT-2's configuration from the `config.json` of a Hugging Face folder. Keys that are left out have transformers'
 * defaults.
 *
 * @param name of the file, for messages.
 * @throws AttuneError UNSUPPORTED_MODEL that names every key whose value is not supported; INVALID_CONFIG that names the
 * key whose value is of the wrong type or out of range.
 */
export function gpt2ConfigFromHuggingFace(
  config: JsonObject,
  options: Gpt2ConfigOptions = {},
  name = 'config.json',
): Gpt2Config {
  if (config['model_type'] !== 'gpt2') {
    throw new AttuneError(
      'UNSUPPORTED_MODEL',
      `${name}: model_type is ${JSON.stringify(config['model_type']) ?? 'missing'}, but only "gpt2" is supported.`,
      { fix: 'Choose a GPT-2 model.', data: { modelType: config['model_type'] } },
    );
  }
  const json: JsonObject = { ...defaults, ...config };
  const fail = (key: string, expected: string) => {
    const message = `${name}: ${key} must be ${expected}, but is ${JSON.stringify(json[key])}.`;
    return new AttuneError('INVALID_CONFIG', message, { data: { key } });
  };
  const count = (key: string): number => {
    const value = json[key];
    if (!Number.isSafeInteger(value) || (value as number) < 1) throw fail(key, 'a positive integer');
    return value as number;
  };
  const faults = unsupportedFeatures(json, json['n_embd']);
  if (faults.length > 0) {
    throw new AttuneError(
      'UNSUPPORTED_MODEL',
      `${name} asks for what is not supported: ${faults.join('; ')}.`,
      {
        data: { faults },
      },
    );
  }
  const layerNormEpsilon = json['layer_norm_epsilon'];
  if (typeof layerNormEpsilon !== 'number' || !(layerNormEpsilon > 0)) {
    throw fail('layer_norm_epsilon', 'a positive number');
  }
  const shape = {
    vocabSize: count('vocab_size'),
    blockSize: count('n_positions'),
    nLayer: count('n_layer'),
    nHead: count('n_head'),
    nEmbd: count('n_embd'),
  };
  if (shape.nEmbd % shape.nHead !== 0) throw fail('n_embd', `a multiple of n_head, ${shape.nHead}`);
  return {
    ...shape,
    dropout: options.dropout ?? sharedDropout(json, name, fail),
    bias: hasBias(json, fail),
    activation: activations.get(json['activation_function'])!,
    layerNormEpsilon,
  };
}

type Fail = (key: string, expected: string) => AttuneError;

function sharedDropout(json: JsonObject, name: string, fail: Fail): number {
  const keys = ['resid_pdrop', 'embd_pdrop', 'attn_pdrop'];
  for (const key of keys) {
    const value = json[key];
    if (typeof value !== 'number' || !(value >= 0 && value < 1)) throw fail(key, 'a number in [0, 1)');
  }
  const [dropout, ...others] = keys.map((key) => json[key] as number);
  if (others.some((other) => other !== dropout)) {
    const values = keys.map((key) => `${key} ${String(json[key])}`).join(', ');
    throw new AttuneError(
      'UNSUPPORTED_MODEL',
      `${name} has different dropouts (${values}), and only one is supported.`,
      {
        fix: 'Say which dropout to use.',
      },
    );
  }
  return dropout!;
}

function hasBias(json: JsonObject, fail: Fail): boolean {
  const ours = json[ATTUNE_KEY] ?? {};
  const bias = isJsonObject(ours) ? (ours['bias'] ?? true) : undefined;
  if (typeof bias !== 'boolean') throw fail(ATTUNE_KEY, 'an object whose "bias" is true or false');
  return bias;
}
