import { Throughput } from './throughput.js';

const limits = { minBytesPerSecond: 1000, slowMs: 30_000 };

test('a byte a second is too slow, and known to be after one window', () => {
  const throughput = new Throughput(limits);
  const seen = Array.from({ length: 30 }, () => throughput.tooSlow(1, 1000));
  expect(seen).toEqual([...Array<undefined>(29).fill(undefined), 1]);
});

test('a slow line is not', () => {
  const throughput = new Throughput(limits);
  for (let i = 0; i < 200; i++) expect(throughput.tooSlow(1500, 1000)).toBeUndefined();
});

test('one that was fast once does not live on it', () => {
  const throughput = new Throughput(limits);
  expect(throughput.tooSlow(1e9, 30_000)).toBeUndefined();
  expect(throughput.tooSlow(0, 29_999)).toBeUndefined();
  expect(throughput.tooSlow(0, 1)).toBe(0);
});

test('time in which nobody waited does not count', () => {
  const throughput = new Throughput(limits);
  for (let i = 0; i < 1e4; i++) expect(throughput.tooSlow(1, 0)).toBeUndefined();
});
