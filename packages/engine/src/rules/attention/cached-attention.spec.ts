import { NdArray } from '@attune/core';
import { FixedKvCache } from '@attune/nn';
import { differences, programOf, stepsOf } from '../../testing/kernels.js';

const width = 8;

interface Layer {
  /** Tokens of each entry. */
  readonly positions: readonly (readonly number[])[];
  /** Rows of the cache that entries belong to, of how many. */
  readonly rows?: { readonly index: readonly number[]; readonly of: number };
  readonly length: number;
  readonly window?: number;
}

/** Attention of a layer over a cache, `heads` on `own`. */
const layer = (heads: number, own: number, { positions, rows, length, window }: Layer) =>
  programOf((g) => {
    const shape = [positions.length, positions[0]!.length] as const;
    const places = g.feed('positions', { shape, dtype: 'i32' });
    const index = rows && g.feed('rows', { shape: [rows.index.length], dtype: 'i32' });
    const split = (name: string, n: number) =>
      g.transpose(
        g.reshape(g.feed(name, { shape: [...shape, n * width], dtype: 'f32' }), [...shape, n, width]),
        [0, 2, 1, 3],
      );
    const inputs = { path: 'attn', q: split('q', heads), k: split('k', own), v: split('v', own) };
    const cache = new FixedKvCache(places, length, index && { index, of: rows!.of });
    const out = cache.attend(g, window ? { ...inputs, window } : inputs);
    g.output('out', g.reshape(g.transpose(out, [0, 2, 1, 3]), [...shape, heads * width]));
  });

const integers = (shape: readonly number[], values: readonly number[]) =>
  new NdArray(shape, 'i32', Int32Array.from(values));

const feeds = ({ positions, rows }: Layer) => ({
  positions: integers([positions.length, positions[0]!.length], positions.flat()),
  ...(rows && { rows: integers([rows.index.length], rows.index) }),
});

const upFrom = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

describe('attention over a cache', () => {
  it.each<[string, number, number, Layer]>([
    ['a token of each row', 3, 3, { positions: [[0], [7], [18]], length: 19 }],
    ['heads that share keys', 6, 2, { positions: [[0], [7], [18]], length: 19 }],
    ['a window', 4, 1, { positions: [[0], [7], [18]], length: 19, window: 5 }],
    ['some rows of many', 4, 2, { positions: [[3], [9]], rows: { index: [3, 1], of: 4 }, length: 10 }],
    ['a prompt', 3, 3, { positions: [upFrom(0, 13), upFrom(0, 13)], length: 13 }],
    [
      'the next part of a prompt',
      4,
      2,
      { positions: [upFrom(29, 40)], rows: { index: [1], of: 2 }, length: 70 },
    ],
    ['parts of unequal length', 2, 1, { positions: [upFrom(2, 6), [5, 6, 7, 8, -1, -1]], length: 9 }],
    ['a window over a prompt', 2, 2, { positions: [upFrom(3, 20)], length: 40, window: 7 }],
    ['a window that hides nothing yet', 2, 2, { positions: [upFrom(3, 20)], length: 60, window: 50 }],
    ['tokens in no order', 2, 2, { positions: [[4, 2, 3, 11, 10]], length: 12 }],
    ['padding alone', 2, 2, { positions: [[-1, -1, -1]], rows: { index: [0], of: 2 }, length: 12 }],
    // Keys come in two blocks, and the second begins in the middle of a group.
    ['a long prompt', 1, 1, { positions: [upFrom(1000, 40)], length: 1050 }],
  ])('%s', async (_name, heads, own, of) => {
    const program = layer(heads, own, of);
    // Two writes, and attention, which writes where its transpose would.
    expect(stepsOf(program)).toHaveLength(3);
    for (const difference of Object.values(await differences(program, { feeds: feeds(of) })))
      expect(difference).toBeLessThan(1e-5);
  });

  it('writes nothing where a position lies outside the cache', async () => {
    const of = { positions: [[-1], [6]], length: 6 };
    for (const difference of Object.values(await differences(layer(2, 2, of), { feeds: feeds(of) })))
      expect(difference).toBeLessThan(1e-5);
  });

  it('refuses a row that is not there', async () => {
    const of = { positions: [[1]], rows: { index: [2], of: 2 }, length: 6 };
    await expect(differences(layer(2, 2, of), { feeds: feeds(of) })).rejects.toThrow();
  });
});
