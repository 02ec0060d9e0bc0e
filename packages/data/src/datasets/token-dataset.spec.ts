import type { Batch } from '@attune/core';
import { takeBatches } from '../testing/take-batches.js';
import { memoryTokens } from '../tokens/index.js';
import { prefetch, tokenDataset, type Sampling } from './index.js';

/** Token i is i, so that a window shows where it starts. */
const counting = (length: number) => memoryTokens(Uint32Array.from({ length }, (_, i) => i));

/** Where each row of a batch starts. */
function startsOf(batch: Batch): number[] {
  const { data, shape } = batch['x']!;
  return Array.from({ length: shape[0]! }, (_, row) => data[row * shape[1]!]!);
}

describe('tokenDataset', () => {
  it('yields what its spec says: x, y one token later, and a mask of ones', async () => {
    const dataset = tokenDataset(counting(100), { batchSize: 3, blockSize: 4 });
    const [batch] = await takeBatches(dataset, 1);
    for (const [name, spec] of Object.entries(dataset.spec)) expect(batch![name]).toMatchObject(spec);
    expect(Object.keys(batch!)).toEqual(['x', 'y', 'lossMask']);
    for (const [row, start] of startsOf(batch!).entries()) {
      const at = (field: string) => [...batch![field]!.data.subarray(row * 4, row * 4 + 4)];
      expect(at('x')).toEqual([start, start + 1, start + 2, start + 3]);
      expect(at('y')).toEqual([start + 1, start + 2, start + 3, start + 4]);
    }
    expect([...batch!['lossMask']!.data]).toEqual(Array(12).fill(1));
  });

  it('knows how many batches go through the data once', () => {
    const dataset = tokenDataset(counting(101), { batchSize: 8, blockSize: 10, sampling: 'sequential' });
    expect(dataset.batchesPerEpoch).toBe(10 / 8);
    expect(prefetch(dataset).batchesPerEpoch).toBe(10 / 8);
  });

  describe('random sampling', () => {
    const options = { batchSize: 5, blockSize: 3, seed: 42 };

    it('draws every start in [0, N − T), and no other', async () => {
      const batches = await takeBatches(tokenDataset(counting(13), options), 100);
      const starts = batches.flatMap(startsOf);
      expect([...new Set(starts)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it('draws them about equally often', async () => {
      const starts = (await takeBatches(tokenDataset(counting(13), options), 400)).flatMap(startsOf);
      for (let start = 0; start < 10; start++) {
        const count = starts.filter((other) => other === start).length;
        // 2000 draws of probability 1/10: mean 200, standard deviation 13.4. The seed is fixed.
        expect(Math.abs(count - 200)).toBeLessThan(4 * 13.4);
      }
    });

    it('makes batch j from the seed and j alone', async () => {
      const dataset = tokenDataset(counting(1000), options);
      const batches = await takeBatches(dataset, 8);
      for (const j of [7, 0, 3]) {
        expect(await tokenDataset(counting(1000), options).batch(j)).toEqual(batches[j]);
      }
      const other = await takeBatches(tokenDataset(counting(1000), { ...options, seed: 43 }), 8);
      expect(other.map(startsOf)).not.toEqual(batches.map(startsOf));
    });

    it('shows eight batches of one row the windows of one batch of eight', async () => {
      const rows = await takeBatches(tokenDataset(counting(1000), { ...options, batchSize: 1 }), 8);
      const [batch] = await takeBatches(tokenDataset(counting(1000), { ...options, batchSize: 8 }), 1);
      expect(rows.flatMap(startsOf)).toEqual(startsOf(batch!));
    });
  });

  describe('sequential sampling', () => {
    it('starts row r of batch j at ((j·B + r) mod ⌊(N − 1) / T⌋) · T', async () => {
      for (const [length, batchSize, blockSize] of [
        [23, 2, 4],
        [25, 3, 4],
        [5, 4, 4],
        [100, 7, 9],
      ] as const) {
        const dataset = tokenDataset(counting(length), { batchSize, blockSize, sampling: 'sequential' });
        const blocks = Math.floor((length - 1) / blockSize);
        for (const [j, batch] of (await takeBatches(dataset, 10)).entries()) {
          const expected = Array.from(
            { length: batchSize },
            (_, r) => ((j * batchSize + r) % blocks) * blockSize,
          );
          expect(startsOf(batch)).toEqual(expected);
        }
      }
    });

    it('goes through 23 tokens in blocks of 4 as 0, 4, 8, 12, 16, and again', async () => {
      const dataset = tokenDataset(counting(23), { batchSize: 2, blockSize: 4, sampling: 'sequential' });
      expect((await takeBatches(dataset, 4)).map(startsOf)).toEqual([
        [0, 4],
        [8, 12],
        [16, 0],
        [4, 8],
      ]);
    });
  });

  describe('shuffled sampling', () => {
    const options = { batchSize: 3, blockSize: 4, sampling: 'shuffle', seed: 7 } as const;
    /** Starts of the first windows of a run, as epochs of `blocks` each. */
    async function epochs(length: number, blocks: number, count: number, seed = 7): Promise<number[][]> {
      const one = { ...options, batchSize: 1, seed };
      const starts = (await takeBatches(tokenDataset(counting(length), one), blocks * count)).flatMap(
        startsOf,
      );
      return Array.from({ length: count }, (_, epoch) => starts.slice(epoch * blocks, (epoch + 1) * blocks));
    }

    it('shows every block once an epoch, in an order of its own', async () => {
      const all = await epochs(203, 50, 4);
      const blocks = Array.from({ length: 50 }, (_, w) => w * 4);
      for (const epoch of all) expect([...epoch].sort((a, b) => a - b)).toEqual(blocks);
      expect(new Set([blocks, ...all].map(String)).size).toBe(5);
      const [other] = await epochs(203, 50, 1, 8);
      expect(other).not.toEqual(all[0]);
    });

    it('goes on with the next epoch within a batch, and makes batch j from the seed and j alone', async () => {
      const dataset = tokenDataset(counting(203), options);
      const batches = await takeBatches(dataset, 50);
      expect(batches.flatMap(startsOf)).toEqual((await epochs(203, 50, 3)).flat());
      for (const j of [49, 0, 16])
        expect(await tokenDataset(counting(203), options).batch(j)).toEqual(batches[j]);
    });

    it('knows one block as well as two', async () => {
      expect(await epochs(5, 1, 3)).toEqual([[0], [0], [0]]);
      const pairs = await epochs(9, 2, 40);
      expect(new Set(pairs.map(String))).toEqual(new Set(['0,4', '4,0']));
    });
  });

  describe('state and restore', () => {
    it.each<Sampling>(['random', 'shuffle', 'sequential'])('continue exactly, %s', async (sampling) => {
      const options = { batchSize: 2, blockSize: 4, sampling, seed: 9 };
      const all = await takeBatches(tokenDataset(counting(200), options), 9);
      for (const k of [0, 1, 5]) {
        const first = tokenDataset(counting(200), options);
        await takeBatches(first, k);
        const state = JSON.parse(JSON.stringify(first.state()));
        const second = tokenDataset(counting(200), options);
        second.restore(state);
        expect(await takeBatches(second, 9 - k)).toEqual(all.slice(k));
      }
    });

    it('a new iterator continues where the last one stopped', async () => {
      const options = { batchSize: 2, blockSize: 4 };
      const dataset = tokenDataset(counting(200), options);
      const parts = [...(await takeBatches(dataset, 2)), ...(await takeBatches(dataset, 3))];
      expect(parts).toEqual(await takeBatches(tokenDataset(counting(200), options), 5));
    });

    const options = { batchSize: 2, blockSize: 4, seed: 1 };
    it.each([
      ['seed', tokenDataset(counting(50), { ...options, seed: 2 })],
      ['sampling', tokenDataset(counting(50), { ...options, sampling: 'sequential' })],
      ['batchSize', tokenDataset(counting(50), { ...options, batchSize: 3 })],
      ['blockSize', tokenDataset(counting(50), { ...options, blockSize: 5 })],
      ['data', tokenDataset(counting(51), options)],
    ])('refuse a state of another %s', (what, other) => {
      const dataset = tokenDataset(counting(50), options);
      const restore = () => dataset.restore(other.state());
      expect(restore).toThrow(expect.objectContaining({ code: 'CHECKPOINT_MISMATCH' }));
      expect(restore).toThrow(`${what} was`);
    });

    it('refuse a position that is none', () => {
      const dataset = tokenDataset(counting(50), options);
      for (const position of [-1, 0.5, '3', null]) {
        const restore = () => dataset.restore({ ...dataset.state(), position });
        expect(restore).toThrow(expect.objectContaining({ code: 'CHECKPOINT_MISMATCH' }));
      }
    });
  });

  describe('bad data', () => {
    it('says how many tokens there are, and which block fits', async () => {
      const make = () => tokenDataset(counting(8), { batchSize: 1, blockSize: 8 });
      expect(make).toThrow(
        expect.objectContaining({
          code: 'DATA_TOO_SHORT',
          data: expect.objectContaining({ tokens: 8, largestBlockSize: 7 }),
        }),
      );
      expect(make).toThrow('at most 7');
      const [batch] = await takeBatches(tokenDataset(counting(8), { batchSize: 2, blockSize: 7 }), 1);
      expect(startsOf(batch!)).toEqual([0, 0]);
      expect(() => tokenDataset(counting(1), { batchSize: 1, blockSize: 1 })).toThrow('Use more data.');
    });

    it('names an id that is not of the vocabulary, its position and its file', async () => {
      const source = memoryTokens([1, 2, 3, 77, 1, 2, 3, 4]);
      const dataset = tokenDataset(source, {
        batchSize: 1,
        blockSize: 7,
        sampling: 'sequential',
        vocabSize: 77,
      });
      await expect(takeBatches(dataset, 1)).rejects.toMatchObject({
        code: 'TOKEN_OUT_OF_RANGE',
        message: expect.stringContaining('memory: token 3 is 77, but the vocabulary has 77 tokens.'),
        data: { id: 77, position: 3, source: 'memory', vocabSize: 77 },
      });
      expect(dataset.state()['position']).toBe(0);
    });

    it('reports an id above 2³¹ as it is stored', async () => {
      const source = memoryTokens(Uint32Array.of(0, 4_000_000_000));
      const dataset = tokenDataset(source, { batchSize: 1, blockSize: 1 });
      await expect(takeBatches(dataset, 1)).rejects.toThrow('token 1 is 4000000000');
    });

    it.each([
      { batchSize: 0, blockSize: 4 },
      { batchSize: 2, blockSize: 1.5 },
      { batchSize: 2, blockSize: 4, seed: -1 },
      { batchSize: 2, blockSize: 4, sampling: 'shuffled' as Sampling },
    ])('rejects %j', (options) => {
      expect(() => tokenDataset(counting(50), options)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    });
  });
});
