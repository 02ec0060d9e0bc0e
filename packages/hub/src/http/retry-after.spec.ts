import { describeWait, retryAfterMs } from './retry-after.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');

test.each([
  ['7', 7000],
  ['0', 0],
  ['9999', 9_999_000],
  ['Sun, 01 Mar 2026 12:01:00 GMT', 60_000],
  ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  [null, undefined],
  ['', undefined],
  ['-5', undefined],
  ['soon', undefined],
  ['Infinity', undefined],
])('%j asks for %j ms', (header, ms) => {
  expect(retryAfterMs(header, NOW)).toBe(ms);
});

test.each([
  [1, '1 s'],
  [90_000, '90 s'],
  [300_000, '5 minutes (300 s)'],
  [9_999_000, '3 hours (9999 s)'],
  [1e6 * 1000, '12 days (1000000 s)'],
  [Number('9'.repeat(400)), 'more than a year'],
])('%d ms are %s', (ms, text) => {
  expect(describeWait(ms)).toBe(text);
});
