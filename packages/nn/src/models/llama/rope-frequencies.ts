import type { Llama3Scaling, RopeConfig, YarnScaling } from './rope-config.js';

/**
 * The arithmetic of float32, operation by operation, as PyTorch does it: angles grow with the position, so that a
 * frequency that is off in its last bit is off by much more a thousand tokens later.
 */
const f32 = Math.fround;
/** A number over a tensor: PyTorch multiplies by the reciprocal. */
const over = (number: number, x: number) => f32(f32(1 / x) * f32(number));

/** `theta^(2i/D)` for i from 0 to D/2 − 1. */
function periods(theta: number, width: number): number[] {
  return Array.from({ length: width / 2 }, (_, i) => f32(f32(theta) ** f32((2 * i) / width)));
}

function llama3(frequency: number, scaling: Llama3Scaling): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositions } = scaling;
  const wavelength = over(2 * Math.PI, frequency);
  if (wavelength < f32(originalMaxPositions / highFreqFactor)) return frequency;
  if (wavelength > f32(originalMaxPositions / lowFreqFactor)) return f32(frequency / f32(factor));
  const turns = over(originalMaxPositions, wavelength);
  const smooth = f32(f32(turns - f32(lowFreqFactor)) / f32(highFreqFactor - lowFreqFactor));
  const stretched = f32(f32(f32(1 - smooth) * frequency) / f32(factor));
  return f32(stretched + f32(smooth * frequency));
}

function yarn(periods: readonly number[], theta: number, scaling: YarnScaling): number[] {
  const { factor, originalMaxPositions, betaFast = 32, betaSlow = 1, truncate = true } = scaling;
  const width = periods.length * 2;
  // The index of the frequency that turns so many times within the original context.
  const indexOf = (turns: number) =>
    (width * Math.log(originalMaxPositions / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [fast, slow] = [indexOf(betaFast), indexOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(fast) : fast, 0);
  const high = Math.min(truncate ? Math.ceil(slow) : slow, width - 1);
  const span = low === high ? 0.001 : high - low;
  return periods.map((period, i) => {
    const ramp = Math.min(Math.max(f32(f32(i - f32(low)) / f32(span)), 0), 1);
    const kept = f32(1 - ramp);
    const interpolated = over(1, f32(f32(factor) * period));
    return f32(f32(interpolated * f32(1 - kept)) + f32(over(1, period) * kept));
  });
}

function yarnAttentionFactor({ factor, attentionFactor, mscale, mscaleAllDim }: YarnScaling): number {
  if (attentionFactor !== undefined) return attentionFactor;
  const grow = (m: number) => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1);
  return mscale && mscaleAllDim ? grow(mscale) / grow(mscaleAllDim) : grow(1);
}

/** Angles of one position step, and what cosines and sines are multiplied by. */
export interface RopeFrequencies {
  /** `f32[D/2]`, in radians. */
  readonly frequencies: readonly number[];
  readonly scale: number;
}

/**
 * The frequencies of rotary positions for heads of `width`, equal to transformers' `inv_freq`.
 *
 * Source: Su et al., "RoFormer" (2021); Peng et al., "YaRN" (2023); transformers, `modeling_rope_utils.py`.
 */
export function ropeFrequencies({ theta, scaling }: RopeConfig, width: number): RopeFrequencies {
  const base = periods(theta, width);
  const plain = base.map((period) => over(1, period));
  switch (scaling.type) {
    case 'default':
    case 'dynamic':
      return { frequencies: plain, scale: 1 };
    case 'linear':
      return { frequencies: plain.map((frequency) => f32(frequency / f32(scaling.factor))), scale: 1 };
    case 'llama3':
      return { frequencies: plain.map((frequency) => llama3(frequency, scaling)), scale: 1 };
    case 'yarn':
      return { frequencies: yarn(base, theta, scaling), scale: yarnAttentionFactor(scaling) };
  }
}
