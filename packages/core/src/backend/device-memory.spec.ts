import { GraphBuilder } from '../builder/builder.js';
import type { AttuneError } from '../errors/index.js';
import { batchThatFits, checkDeviceMemory } from './device-memory.js';

const program = (() => {
  const g = new GraphBuilder('train');
  g.output('y', g.exp(g.feed('x', { shape: [8, 500], dtype: 'f32' })));
  return g.build();
})();
const demand = { needed: 400 + 8 * 4000, fixed: () => 400 };

test('the batch that would fit is proportional to the free memory', () => {
  expect(batchThatFits(program, demand, 400 + 4000 * 5.5)).toBe(5);
  expect(batchThatFits(program, demand, 4000)).toBe(0);
  // It fits: something else failed.
  expect(batchThatFits(program, demand, 1e9)).toBeUndefined();
});

function refusal(held: number, memoryBytes?: number): AttuneError | undefined {
  try {
    return void checkDeviceMemory(program, demand, held, memoryBytes);
  } catch (error) {
    return error as AttuneError;
  }
}

test('a program that cannot fit is refused before it is built, with the batch that would', () => {
  expect(refusal(1000, 1000 + 400 + 4000 * 3)).toMatchObject({
    code: 'OUT_OF_MEMORY',
    data: { held: 1000, batchSize: 3 },
    fix: 'A batch of 3 would fit, instead of 8; gradient accumulation makes up for the rest.',
  });
  expect(refusal(1000, 1500)?.fix).toMatch(/^Not even a batch of one/);
});

test('a program that fits, or a device of unknown memory, is not refused', () => {
  expect(refusal(1000, 1e9)).toBeUndefined();
  expect(refusal(1000)).toBeUndefined();
});
