import { AttuneError } from '@attune/core';
import type { ValuesOf } from '../settings/field.js';
import type { Adaptation, SharedConfig } from './adaptation.js';
import { freeze, type freezeFields } from './freeze.js';
import { full } from './full.js';
import { lora, type loraFields } from './lora.js';

/** The settings of all adaptations, and those that they share. */
export type AdaptationConfig = SharedConfig & ValuesOf<typeof freezeFields & typeof loraFields>;

/** A value of `method`. */
export type AdaptationName = 'full' | 'freeze' | 'lora';

/** The adaptations by their names. */
export const adaptations: Readonly<Record<AdaptationName, Adaptation<AdaptationConfig>>> = {
  full,
  freeze,
  lora,
};

/** The adaptation of this name; that of all weights where a stranger's record names none. */
export function adaptationNamed(name: unknown): Adaptation<AdaptationConfig> {
  return adaptations[Object.hasOwn(adaptations, String(name)) ? (name as AdaptationName) : 'full'];
}

/** True for a value that somebody gave, of a setting that is nothing by default. */
const isGiven = (value: unknown) =>
  Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;

/**
 * The adaptation that a configuration names.
 *
 * @throws AttuneError INVALID_CONFIG if a setting is given that another one takes.
 */
export function adaptationOf(config: AdaptationConfig): Adaptation<AdaptationConfig> {
  const { method } = config;
  for (const [owner, { fields }] of Object.entries(adaptations)) {
    // A setting with a default of its own was given by nobody, perhaps.
    const own = Object.entries(fields).filter(([, { default: value }]) => !isGiven(value));
    const values = config as unknown as Readonly<Record<string, unknown>>;
    const foreign = owner === method ? undefined : own.find(([key]) => isGiven(values[key]));
    if (foreign === undefined) continue;
    const [key] = foreign;
    throw new AttuneError(
      'INVALID_CONFIG',
      `${key} goes with --method ${owner}, but the method is ${method}.`,
      { fix: `Add --method ${owner}, or leave it out.` },
    );
  }
  return adaptations[method as AdaptationName];
}
