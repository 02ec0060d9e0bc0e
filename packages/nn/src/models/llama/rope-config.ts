import { AttuneError, shownValue } from '@attune/core';

/** How rotary frequencies are changed for sequences longer than those a model was first trained on. */
export type RopeScaling =
  | { readonly type: 'default' }
  /** Every frequency is divided by `factor`. */
  | { readonly type: 'linear'; readonly factor: number }
  /** Frequencies that depend on the length of the sequence: up to the model's `maxPositions`, those of `default`. */
  | { readonly type: 'dynamic'; readonly factor: number }
  | Llama3Scaling
  | YarnScaling;

/** Llama 3.1's: wavelengths beyond `originalMaxPositions / lowFreqFactor` are stretched, and those in between partly. */
export interface Llama3Scaling {
  readonly type: 'llama3';
  readonly factor: number;
  readonly lowFreqFactor: number;
  readonly highFreqFactor: number;
  readonly originalMaxPositions: number;
}

/** YaRN's. What is left out has the value of the paper. */
export interface YarnScaling {
  readonly type: 'yarn';
  readonly factor: number;
  readonly originalMaxPositions: number;
  /** Turns of a frequency within the original context, beyond which it stays as it is. Default 32. */
  readonly betaFast?: number;
  /** Turns below which it is divided by `factor`. Default 1. */
  readonly betaSlow?: number;
  /** The factor of cosines and sines. Default: from `factor`, `mscale` and `mscaleAllDim`. */
  readonly attentionFactor?: number;
  readonly mscale?: number;
  readonly mscaleAllDim?: number;
  /** True if the bounds between frequencies are whole numbers. Default true. */
  readonly truncate?: boolean;
}

/** Rotary positions. */
export interface RopeConfig {
  /** Base of the frequencies `theta^(−2i/D)`. */
  readonly theta: number;
  readonly scaling: RopeScaling;
}

/** @throws AttuneError INVALID_CONFIG that names the value and what it must be. */
export function checkRope({ theta, scaling }: RopeConfig): void {
  const positive = (name: string, value: number) => {
    if (Number.isFinite(value) && value > 0) return;
    throw new AttuneError(
      'INVALID_CONFIG',
      `${name} must be a positive number, but is ${shownValue(value)}.`,
    );
  };
  positive('rope.theta', theta);
  for (const [key, value] of Object.entries(scaling)) {
    if (key !== 'type' && typeof value !== 'boolean') positive(`rope.scaling.${key}`, value as number);
  }
  if (scaling.type === 'llama3' && scaling.highFreqFactor <= scaling.lowFreqFactor) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `rope.scaling.highFreqFactor must be above lowFreqFactor, ${scaling.lowFreqFactor}, but is ${scaling.highFreqFactor}.`,
    );
  }
}
