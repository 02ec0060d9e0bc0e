import { AttuneError } from '@attune/core';
import { GENERATION_CONFIG_JSON, type JsonObject } from '@attune/formats';

/** How texts are drawn where the user does not say. */
export interface SamplingSettings {
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  readonly minP?: number | undefined;
  readonly repetitionPenalty?: number | undefined;
}

interface Range {
  /** In `generation_config.json`. */
  readonly key: string;
  readonly expected: string;
  readonly holds: (value: number) => boolean;
  /** A value that says nothing. */
  readonly idle?: number;
}

const RANGES: Readonly<Record<keyof SamplingSettings, Range>> = {
  temperature: { key: 'temperature', expected: 'a number of at least 0', holds: (value) => value >= 0 },
  topK: {
    ...{ key: 'top_k', expected: 'a whole number of at least 0', idle: 0 },
    holds: (value) => Number.isSafeInteger(value) && value >= 0,
  },
  topP: { key: 'top_p', expected: 'a number above 0, at most 1', holds: (value) => value > 0 && value <= 1 },
  minP: { key: 'min_p', expected: 'a number from 0 to 1', holds: (value) => value >= 0 && value <= 1 },
  repetitionPenalty: {
    ...{ key: 'repetition_penalty', expected: 'a number above 0' },
    holds: (value) => value > 0,
  },
};

/**
 * How the model's `generation_config.json` has texts drawn. Where it says that nothing is drawn (`do_sample` false), each
 * token is the likeliest one, and what else it says of drawing does not count.
 *
 * @throws AttuneError FILE_CORRUPT that names the key whose value means nothing.
 */
function samplingDefaults(generation: JsonObject = {}): SamplingSettings {
  const draws = generation['do_sample'] !== false;
  const found = Object.entries(RANGES).flatMap(([name, { key, expected, holds, idle }]) => {
    const value = generation[key] ?? undefined;
    if (value === undefined || (!draws && name !== 'repetitionPenalty')) return [];
    if (typeof value !== 'number' || !Number.isFinite(value) || !holds(value)) {
      throw new AttuneError(
        'FILE_CORRUPT',
        `The model's ${GENERATION_CONFIG_JSON}: ${key} must be ${expected}, but is ${JSON.stringify(value)}.`,
        { fix: 'Correct it, or take it out.' },
      );
    }
    return value === idle ? [] : [[name, value] as const];
  });
  return { ...(!draws && { temperature: 0 }), ...Object.fromEntries(found) };
}

/** The sampling that `attune` draws with where neither the user nor the model says. */
export const DEFAULT_TEMPERATURE = 0.8;

/** How texts are drawn: as the user says; where that is open, as the model says. */
export function samplingOf(
  { temperature, topK, topP, minP, repetitionPenalty }: SamplingSettings,
  generation: JsonObject | undefined,
) {
  const given = { temperature, topK, topP, minP, repetitionPenalty };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const chosen: SamplingSettings = { ...samplingDefaults(generation), ...named };
  return { ...chosen, temperature: chosen.temperature ?? DEFAULT_TEMPERATURE };
}
