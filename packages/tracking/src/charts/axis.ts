import { scaleLinear, scaleLog } from 'd3-scale';
import { isDrawable } from './point.js';

/** How values lie along an axis. On a logarithmic one there are none that are not above 0. */
export type ScaleKind = 'linear' | 'log';

/** A direction of a chart. */
export interface Axis {
  /** The place of a value, from 0 at the low end to 1 at the high one; NaN for a value that has none. */
  place(value: number): number;
  /** Values to be labelled, from low to high, and their places. */
  readonly ticks: readonly { readonly place: number; readonly label: string }[];
}

/** True for a value that an axis has a place for. */
export function hasPlace(kind: ScaleKind, value: number): boolean {
  return isDrawable(value) && (kind === 'linear' || value > 0);
}

/**
 * An axis that holds some values.
 *
 * @param count about how many ticks it has.
 * @param isRound the axis ends at round values.
 * @returns `undefined` if no value has a place on it.
 */
export function axisOf(
  kind: ScaleKind,
  values: Iterable<number>,
  count: number,
  isRound: boolean,
): Axis | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!hasPlace(kind, value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return undefined;
  if (low === high) [low, high] = widened(kind, low);
  // Within a power of ten there are hardly any ticks of a logarithmic scale, and it is all but linear.
  const isLog = kind === 'log' && high / low >= 10;
  const scale = isLog ? scaleLog([low, high], [0, 1]) : scaleLinear([low, high], [0, 1]);
  if (isRound) scale.nice(count);
  const ticks = thinned(scale.ticks(count), count + 2);
  const label = labeller(isLog ? 'log' : 'linear', ticks);
  return {
    place: (value) => (hasPlace(kind, value) ? scale(value) : NaN),
    ticks: ticks.map((value) => ({ place: scale(value), label: label(value) })),
  };
}

/** Ends around a single value. */
function widened(kind: ScaleKind, value: number): [number, number] {
  if (kind === 'log') return [value / 2, value * 2];
  const by = Math.abs(value) / 10 || 1;
  return [value - by, value + by];
}

/** A logarithmic scale over a few powers of ten offers all their multiples. */
function thinned(ticks: readonly number[], most: number): number[] {
  const powers = ticks.filter((tick) => Number.isInteger(Math.log10(tick)));
  const chosen = ticks.length > most && powers.length >= 2 ? powers : ticks;
  const every = Math.ceil(chosen.length / most);
  return chosen.filter((_, i) => i % every === 0);
}

const UNITS = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** Writes values so that those next to each other differ. */
function labeller(kind: ScaleKind, ticks: readonly number[]): (value: number) => string {
  const largest = ticks.reduce((most, tick) => Math.max(most, Math.abs(tick)), 0);
  const step = kind === 'linear' && ticks.length > 1 ? ticks[1]! - ticks[0]! : 0;
  return (value) => {
    const size = kind === 'linear' ? largest : Math.abs(value);
    if (value === 0) return '0';
    if (size >= 1e15 || size < 1e-3)
      return trimmed(value.toExponential(decimals(step / 10 ** exponent(value), 2)));
    const [unit, name] = size >= 1e4 ? UNITS.find(([one]) => size >= one)! : [1, ''];
    return trimmed((value / unit).toFixed(decimals(step / unit, size >= 1e4 ? 2 : 6))) + name;
  };
}

const exponent = (value: number) => Math.floor(Math.log10(Math.abs(value)));

/** Places behind the point that tell apart values which are a step apart. */
function decimals(step: number, fallback: number): number {
  return step > 0 ? Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 12) : fallback;
}

/** A number without zeros at the end of its fraction. */
function trimmed(text: string): string {
  return text
    .replace(/(\.\d*?)0+(?=$|e)/, '$1')
    .replace(/\.(?=$|e)/, '')
    .replace('e+', 'e');
}
