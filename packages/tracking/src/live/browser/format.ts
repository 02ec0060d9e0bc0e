const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** Stands in place of a number that there is not. */
export const NOTHING = '–';

/** 12,345. */
export const count = (value: number) => whole.format(value);

/** 12.3K. */
export const short = (value: number | null) => (value === null ? NOTHING : compact.format(value));

/** A loss, a norm or a rate, with digits that tell steps apart. */
export function number(value: number | null): string {
  if (value === null) return 'no number';
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size >= 1e5 || size < 1e-3) return value.toExponential(2);
  if (size >= 1000) return count(value);
  return size >= 100 ? value.toFixed(1) : value.toFixed(4);
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** Bytes, in units of 1,000. */
export function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  return `${scaled >= 100 || power === 0 ? scaled.toFixed(0) : scaled.toFixed(1)} ${UNITS[power]}`;
}

/** 45 s, 12 min 3 s, 3 h 20 min, 2 d 4 h. */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [
    Math.floor(all / 86400),
    Math.floor(all / 3600) % 24,
    Math.floor(all / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${all % 60} s` : `${all} s`;
}
