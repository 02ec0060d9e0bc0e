import { audience, watchedBy } from './audience.js';
import type { ObservedSample } from './observer.js';

const sample: ObservedSample = { step: 1, text: 'once', isLast: false };

test('both observers hear what happens, in order', () => {
  const heard: string[] = [];
  const hearing = (name: string) => audience({ sampled: ({ text }) => void heard.push(`${name}: ${text}`) });
  const { observer } = watchedBy(hearing('first'), hearing('second').observer, fail);
  observer.sampled(sample);
  observer.stopped();
  expect(heard).toEqual(['first: once', 'second: once']);
});

test('a watcher that throws is told nothing more, and does not disturb the run', () => {
  const faults: unknown[] = [];
  let told = 0;
  const faulty = audience({
    sampled: () => {
      told++;
      throw new TypeError('broken');
    },
  }).observer;
  const { observer } = watchedBy(audience(), faulty, (error) => faults.push(error));
  observer.sampled(sample);
  observer.sampled(sample);
  expect(told).toBe(1);
  expect(faults).toEqual([new TypeError('broken')]);
});

function fail(error: unknown): never {
  throw error;
}
