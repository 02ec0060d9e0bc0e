import type { JsonObject } from '@attune/files';
import { labelKeys } from './family/classifier-config.js';
import { familyOf } from './families.js';
import { isClassifierConfig, type ModelConfig } from './model-config.js';
import type { FloatDType } from '../safetensors/index.js';

/** Ids of the tokens that begin and end a text, and that fill up short ones; `null` where there is none. */
export interface SpecialTokens {
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
}

/** The parts of a `config.json` beside the configuration. */
export interface WriteConfigOptions {
  readonly tokens?: Partial<SpecialTokens>;
  /** The `config.json` that the model was read with: what it says beside the configuration is kept. */
  readonly source?: JsonObject;
  /** How floats are stored. Default `f32`. */
  readonly dtype?: FloatDType;
}

const dtypeNames: Readonly<Record<FloatDType, string>> = { f32: 'float32', bf16: 'bfloat16', f16: 'float16' };

/** Keys of a source that are said otherwise here, or that are no longer true. */
const replaced = [
  ...['rope_parameters', 'original_max_position_embeddings', 'torch_dtype', '_name_or_path'],
  ...['transformers_version', 'auto_map'],
];

const idKeys = {
  bos_token_id: 'bosTokenId',
  eos_token_id: 'eosTokenId',
  pad_token_id: 'padTokenId',
} as const;

/** The ids of special tokens: those given, or else the source's. GPT-2's own 50256 would be assumed without. */
function tokenIds(tokens: Partial<SpecialTokens>, source: JsonObject): JsonObject {
  const ids = Object.entries(idKeys).map(
    ([key, name]) => [key, tokens[name] ?? source[key] ?? null] as const,
  );
  return Object.fromEntries(ids.filter(([key, id]) => key !== 'pad_token_id' || id !== null));
}

/** The `config.json` of a model, with which transformers computes what this model computes. */
export function modelConfigToHuggingFace(config: ModelConfig, options: WriteConfigOptions = {}): JsonObject {
  const { tokens = {}, source = {}, dtype = 'f32' } = options;
  const classifier = isClassifierConfig(config);
  const body = classifier ? config.body : config;
  const family = familyOf(body);
  const kept = Object.entries(source).filter(([key]) => !replaced.includes(key));
  const written = {
    ...Object.fromEntries(kept),
    ...family.writeConfig(body),
    ...(classifier && labelKeys(config)),
    ...tokenIds(tokens, source),
    architectures: [family.className(classifier ? 'labels' : 'tokens')],
    dtype: dtypeNames[dtype],
  };
  return Object.fromEntries(Object.entries(written).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The `generation_config.json` that belongs to it. */
export function generationConfig({ tokens = {}, source = {} }: WriteConfigOptions): JsonObject {
  return { _from_model_config: true, ...tokenIds(tokens, source) };
}
