import { UnsupportedError } from '../values/values.js';

/**
 * A number with so many digits after the point, rounded as Python does: to the nearest, and from the exact middle to the
 * even digit, where JavaScript's `toFixed` goes up.
 */
export function roundedText(value: number, digits: number): string {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21)
    throw new UnsupportedError('rounding a number of this size');
  const text = value.toFixed(digits);
  // More digits than a double's middle can have without being the exact middle.
  const rest = Math.abs(value)
    .toFixed(Math.min(100, digits + 40))
    .split('.')[1]!
    .slice(digits);
  if (!/^50*$/.test(rest)) return text;
  const isOdd = /[13579]$/.test(text.replace('.', ''));
  if (!isOdd) return text;
  // It went up to an odd digit: the even one is the one below.
  const units = BigInt(text.replace('.', '')) - (value < 0 ? -1n : 1n);
  const all = String(units < 0n ? -units : units).padStart(digits + 1, '0');
  const sign = value < 0 ? '-' : '';
  return sign + (digits === 0 ? all : `${all.slice(0, -digits)}.${all.slice(-digits)}`);
}
