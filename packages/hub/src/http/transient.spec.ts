import { AttuneError } from '@attune/core';
import { retrying, Transient, type RetryOptions } from './transient.js';

const fault = new AttuneError('HUB_UNREACHABLE', 'broken');
const policy = { attempts: 3, delayMs: 1000 };

/** Time that passes only where somebody waits. */
function createClock() {
  let time = 0;
  const waits: number[] = [];
  return {
    waits,
    pass: (ms: number) => void (time += ms),
    now: () => time,
    sleep: async (ms: number) => {
      waits.push(ms);
      time += ms;
    },
  };
}

/** Fails until `bytes` have come, so many at each attempt of so many milliseconds. */
async function fetchInPieces(piece: number, bytes: number, attemptMs: number, options: RetryOptions = {}) {
  const clock = createClock();
  let [loaded, attempts] = [0, 0];
  const attempt = async () => {
    attempts++;
    loaded += piece;
    clock.pass(attemptMs);
    if (loaded < bytes) throw new Transient(fault);
  };
  const result = retrying(attempt, policy, {
    progress: () => loaded,
    minBytesPerSecond: 1000,
    ...clock,
    ...options,
  });
  await result.catch(() => undefined);
  return { result, attempts, waits: clock.waits, time: clock.now() };
}

test('pauses are doubled, and the last failure is thrown', async () => {
  const { result, waits } = await fetchInPieces(0, 1, 0);
  await expect(result).rejects.toBe(fault);
  expect(waits).toEqual([1000, 2000]);
});

test('a connection that brings much before it breaks goes on for as long as it does', async () => {
  const { result, attempts } = await fetchInPieces(10_000, 1_000_000, 100);
  await result;
  expect(attempts).toBe(100);
});

test('one that brings a byte each time does not', async () => {
  const { result, attempts, time } = await fetchInPieces(1, 1e9, 30_000);
  await expect(result).rejects.toBe(fault);
  expect({ attempts, time }).toEqual({ attempts: 3, time: 93_000 });
});

test('what is begun anew is no progress', async () => {
  const clock = createClock();
  let [loaded, attempts] = [50_000, 0];
  const attempt = async () => {
    loaded = 1000 + attempts++;
    throw new Transient(fault);
  };
  await expect(retrying(attempt, policy, { progress: () => loaded, ...clock })).rejects.toBe(fault);
  expect(attempts).toBe(3);
});

test('a pause that is asked for is kept, and told', async () => {
  const clock = createClock();
  const told: number[] = [];
  const attempt = () => Promise.reject(new Transient(fault, { retryAfterMs: 90_000 }));
  const onRetry = (_: AttuneError, delayMs: number) => void told.push(delayMs);
  await expect(retrying(attempt, policy, { ...clock, onRetry })).rejects.toBe(fault);
  expect(clock.waits).toEqual([90_000, 90_000]);
  expect(told).toEqual(clock.waits);
});

test('other errors are not tried again', async () => {
  const attempt = () => Promise.reject(new Error('a mistake'));
  const clock = createClock();
  await expect(retrying(attempt, policy, clock)).rejects.toThrow('a mistake');
  expect(clock.waits).toEqual([]);
});
