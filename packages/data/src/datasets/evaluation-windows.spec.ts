import { memoryTokens } from '../tokens/index.js';
import { evaluationWindows } from './index.js';

const counting = (length: number) => memoryTokens(Uint32Array.from({ length }, (_, i) => i));

describe('evaluationWindows', () => {
  it('scores every token but the first exactly once, from the tokens before it in its window', async () => {
    for (const length of [2, 3, 7, 8, 9, 13, 24, 25, 26, 60]) {
      for (const [batchSize, blockSize] of [
        [1, 1],
        [2, 4],
        [3, 4],
        [4, 100],
      ] as const) {
        const dataset = evaluationWindows(counting(length), { batchSize, blockSize });
        const scored: number[] = [];
        let batches = 0;
        for await (const { x, y, lossMask } of dataset) {
          batches++;
          expect(x!.shape).toEqual([batchSize, blockSize]);
          lossMask!.data.forEach((mask, i) => {
            if (mask === 0) return expect([x!.data[i], y!.data[i]]).toEqual([0, 0]);
            expect(y!.data[i]).toBe(x!.data[i]! + 1);
            // Windows begin at multiples of T.
            expect(x!.data[i]! % blockSize).toBe(i % blockSize);
            return scored.push(y!.data[i]!);
          });
        }
        expect(scored).toEqual(Array.from({ length: length - 1 }, (_, i) => i + 1));
        expect(dataset).toMatchObject({ batches, targets: length - 1 });
        expect(batches).toBe(Math.ceil((length - 1) / (batchSize * blockSize)));
      }
    }
  });

  it('pads the last row and the last batch', async () => {
    const batches = [];
    for await (const batch of evaluationWindows(counting(15), { batchSize: 2, blockSize: 4 }))
      batches.push(batch);
    const last = batches.at(-1)!;
    expect([...last['x']!.data]).toEqual([8, 9, 10, 11, 12, 13, 0, 0]);
    expect([...last['y']!.data]).toEqual([9, 10, 11, 12, 13, 14, 0, 0]);
    expect([...last['lossMask']!.data]).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
  });

  it('begins again when iterated again, and resumes from a state', async () => {
    const dataset = evaluationWindows(counting(30), { batchSize: 1, blockSize: 5 });
    const firsts = async () => {
      const seen = [];
      for await (const { x } of dataset) seen.push(x!.data[0]);
      return seen;
    };
    expect(await firsts()).toEqual([0, 5, 10, 15, 20, 25]);
    expect(await firsts()).toEqual([0, 5, 10, 15, 20, 25]);
    dataset.restore({ ...dataset.state(), position: 4 });
    expect(await firsts()).toEqual([20, 25]);
    const other = evaluationWindows(counting(30), { batchSize: 1, blockSize: 6 });
    expect(() => dataset.restore(other.state())).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_MISMATCH' }),
    );
  });

  it('needs two tokens, all of the vocabulary', async () => {
    const sizes = { batchSize: 1, blockSize: 4 };
    expect(() => evaluationWindows(counting(1), sizes)).toThrow(
      expect.objectContaining({ code: 'DATA_TOO_SHORT' }),
    );
    const [windows] = [evaluationWindows(counting(9), { ...sizes, vocabSize: 8 })];
    const iterator = windows![Symbol.asyncIterator]();
    await iterator.next();
    await expect(iterator.next()).rejects.toMatchObject({
      code: 'TOKEN_OUT_OF_RANGE',
      data: { id: 8, position: 8 },
    });
  });
});
