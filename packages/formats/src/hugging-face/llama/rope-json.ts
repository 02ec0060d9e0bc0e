import type { RopeConfig, RopeScaling } from '@attune/nn';
import type { JsonObject } from '@attune/files';
import type { ConfigJson } from '../family/config-json.js';

/** transformers' base of rotary frequencies. */
const DEFAULT_THETA = 10_000;

const types: ReadonlyMap<unknown, RopeScaling['type']> = new Map(
  (['default', 'linear', 'dynamic', 'llama3', 'yarn'] as const).map((type) => [type, type]),
);

/**
 * The rotary positions of a `config.json`: `rope_theta` with `rope_scaling`, or transformers 5's `rope_parameters`, which
 * has both. To be called before faults are refused; what it returns reads the values.
 */
export function ropeReader(json: ConfigJson, maxPositions: () => number): () => RopeConfig {
  const scaling = json.object('rope_scaling');
  const rope = scaling ?? json.object('rope_parameters');
  json.only('partial_rotary_factor', 1);
  json.only('rope_interleaved', false);
  rope?.only('partial_rotary_factor', 1);
  const key = ['rope_type', 'type'].filter((name) => rope?.value(name) !== undefined)[0];
  const type = key === undefined ? 'default' : rope!.oneOf(key, types);
  return () => {
    const general = json.optionalPositive('rope_theta');
    const theta = rope?.optionalPositive('rope_theta') ?? general ?? DEFAULT_THETA;
    const original = () =>
      json.optionalPositive('original_max_position_embeddings') ??
      rope!.optionalPositive('original_max_position_embeddings') ??
      maxPositions();
    return { theta, scaling: rope ? scalingOf(type!, rope, original) : { type: 'default' } };
  };
}

function scalingOf(type: RopeScaling['type'], rope: ConfigJson, original: () => number): RopeScaling {
  switch (type) {
    case 'default':
      return { type };
    case 'linear':
    case 'dynamic':
      return { type, factor: rope.positive('factor') };
    case 'llama3':
      return {
        type,
        factor: rope.positive('factor'),
        lowFreqFactor: rope.positive('low_freq_factor'),
        highFreqFactor: rope.positive('high_freq_factor'),
        originalMaxPositions: original(),
      };
    case 'yarn':
      return withoutUndefined({
        type,
        factor: rope.positive('factor'),
        originalMaxPositions: original(),
        betaFast: rope.optionalPositive('beta_fast'),
        betaSlow: rope.optionalPositive('beta_slow'),
        attentionFactor: rope.optionalPositive('attention_factor'),
        mscale: rope.optionalPositive('mscale'),
        mscaleAllDim: rope.optionalPositive('mscale_all_dim'),
        truncate: (rope.value('truncate') ?? undefined) === undefined ? undefined : rope.flag('truncate'),
      });
  }
}

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

/** The keys that transformers 4 and 5 both understand. */
export function ropeKeys({ theta, scaling }: RopeConfig): JsonObject {
  return { rope_theta: theta, rope_scaling: scalingKeys(scaling) };
}

function scalingKeys(scaling: RopeScaling): JsonObject | null {
  switch (scaling.type) {
    case 'default':
      return null;
    case 'linear':
    case 'dynamic':
      return { rope_type: scaling.type, factor: scaling.factor };
    case 'llama3':
      return {
        rope_type: 'llama3',
        factor: scaling.factor,
        low_freq_factor: scaling.lowFreqFactor,
        high_freq_factor: scaling.highFreqFactor,
        original_max_position_embeddings: scaling.originalMaxPositions,
      };
    case 'yarn':
      return withoutUndefined({
        rope_type: 'yarn',
        factor: scaling.factor,
        original_max_position_embeddings: scaling.originalMaxPositions,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        attention_factor: scaling.attentionFactor,
        mscale: scaling.mscale,
        mscale_all_dim: scaling.mscaleAllDim,
        truncate: scaling.truncate,
      });
  }
}
