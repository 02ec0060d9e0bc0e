import assert from 'node:assert/strict';
import { it } from 'node:test';
import { paced } from './paced.js';

it('a report of quick events is saved every two seconds', () => {
  let now = 0;
  const saved = [];
  const save = paced(
    () => saved.push(now),
    () => now,
  );
  for (; now <= 6000; now += 500) save();
  assert.deepEqual(saved, [2000, 4000, 6000]);
});
