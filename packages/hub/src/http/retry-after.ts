/**
 * How long a response asks to wait, in milliseconds: seconds, or a date.
 *
 * @returns `undefined` where it does not say, or says nothing that can be understood.
 */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  const text = header?.trim() ?? '';
  if (text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) || !/[a-z]/i.test(text) ? undefined : Math.max(0, date - now);
}

const UNITS = [
  ['days', 86_400],
  ['hours', 3600],
  ['minutes', 60],
] as const;

/** A time to wait, for people. */
export function describeWait(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds > 365 * 86_400) return 'more than a year';
  const [unit, size] = UNITS.find(([, size]) => seconds >= 2 * size) ?? [];
  return size === undefined ? `${seconds} s` : `${Math.ceil(seconds / size)} ${unit} (${seconds} s)`;
}
