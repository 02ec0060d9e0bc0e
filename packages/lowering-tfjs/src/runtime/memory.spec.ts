import { commitOrder, GraphBuilder, type AttuneError, type CommitOrder } from '@attune/core';
import { batchThatFits, checkMemory } from './memory.js';

/** Holds 4,000 bytes for each example at once, and 400 for the update. */
function program(batchSize: number): CommitOrder {
  const g = new GraphBuilder('train');
  const x = g.feed('x', { shape: [batchSize, 500], dtype: 'f32' });
  const w = g.state('w', { shape: [100], dtype: 'f32' });
  const y = g.exp(x);
  const z = g.tanh(y);
  g.output('y', g.add(g.sum(y), g.sum(z)));
  g.update('w', g.add(w, 1));
  return commitOrder(g.build());
}

test('the batch that would fit is proportional to the free memory', () => {
  expect(batchThatFits(program(8), 400 + 4000 * 5.5)).toBe(5);
  expect(batchThatFits(program(8), 4000)).toBe(0);
  // It fits: something else failed.
  expect(batchThatFits(program(8), 1e9)).toBeUndefined();
});

function refusal(batchSize: number, held: number, memoryBytes?: number): AttuneError | undefined {
  try {
    return void checkMemory(program(batchSize), held, memoryBytes);
  } catch (error) {
    return error as AttuneError;
  }
}

test('a program that cannot fit is refused before it is built, with the batch that would', () => {
  expect(refusal(8, 1000, 1000 + 400 + 4000 * 3)).toMatchObject({
    code: 'OUT_OF_MEMORY',
    data: { held: 1000, batchSize: 3 },
    fix: 'A batch of 3 would fit, instead of 8; gradient accumulation makes up for the rest.',
  });
  expect(refusal(8, 1000, 1500)?.fix).toMatch(/^Not even a batch of one/);
});

test('a program that fits, or a device of unknown memory, is not refused', () => {
  expect(refusal(8, 1000, 1e9)).toBeUndefined();
  expect(refusal(8, 1000)).toBeUndefined();
});
