import { createDecoder } from '@attune/train';
import { tinyServed, type TinyServed } from '../testing/tiny-served.js';
import { createBatcher } from './continuous-batcher.js';
import { DecoderPool } from './decoder-pool.js';
import type { Batcher } from './contract.js';

let served: TinyServed;
beforeAll(async () => void (served = await tinyServed()));
afterAll(() => served.dispose());

test('batchers that share a pool take turns: none waits for the end of the work of another', async () => {
  let [made, most] = [0, 0];
  const pool = new DecoderPool(2);
  const make = async () => {
    const decoder = await createDecoder({ ...served, rows: 2 });
    most = Math.max(most, ++made);
    const dispose = () => {
      made--;
      decoder.dispose();
    };
    return { ...decoder, dispose };
  };
  const batchers = Array.from({ length: 4 }, () =>
    createBatcher({ decoder: pool.lease(make), vocabSize: 13, contextLength: 64 }),
  );
  const order: number[] = [];
  const ask = async (batcher: Batcher, name: number) => {
    const { signal } = new AbortController();
    const rest = { prompt: [1], maxNewTokens: 3, sampling: {}, seed: 1, endTokens: [], signal };
    const found: number[] = [];
    for await (const { token } of batcher.submit(rest)) found.push(token);
    order.push(name);
    return found;
  };
  const answers = await Promise.all(
    batchers.flatMap((batcher, name) => Array.from({ length: 8 }, () => ask(batcher, name))),
  );
  expect(new Set(answers.map(String)).size).toBe(1);
  expect(most).toBe(2);
  // The last two are answered before the first two are done.
  expect(Math.min(order.indexOf(2), order.indexOf(3))).toBeLessThan(
    Math.max(order.lastIndexOf(0), order.lastIndexOf(1)),
  );
  await Promise.all(batchers.map((batcher) => batcher.close()));
  expect(made).toBe(0);
});
