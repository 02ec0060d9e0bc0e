import { AttuneError, MAX_ELEMENTS } from '@attune/core';

/** The deepest published models have some 130 layers. Each is objects and nodes of a graph before it is a tensor. */
const MAX_LAYERS = 1024;

/** @throws AttuneError INVALID_CONFIG if a model of so many layers is not built. */
export function checkLayers(nLayer: number): void {
  if (nLayer <= MAX_LAYERS) return;
  throw new AttuneError('INVALID_CONFIG', `nLayer must be at most ${MAX_LAYERS}, but is ${nLayer}.`);
}

/** @throws AttuneError INVALID_CONFIG if an axis would be longer than any tensor. */
export function checkSizes<K extends string>(config: Readonly<Record<K, number>>, keys: readonly K[]): void {
  for (const key of keys) {
    if (config[key] <= MAX_ELEMENTS) continue;
    throw new AttuneError('INVALID_CONFIG', `${key} must be at most ${MAX_ELEMENTS}, but is ${config[key]}.`);
  }
}
