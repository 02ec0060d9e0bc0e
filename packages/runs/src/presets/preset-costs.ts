import type { PresetCost } from './preset.js';

/**
 * The costs of the presets, by name. Printed by `node tools/bench/dist/preset-costs.js`: replace it all, on a machine that does
 * nothing else.
 */
export const presetCosts: Readonly<Record<string, PresetCost>> = {};
