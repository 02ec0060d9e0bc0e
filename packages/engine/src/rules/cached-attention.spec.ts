import { NdArray } from '@attune/core';
import { FixedKvCache } from '@attune/nn';
import { differences, programOf, stepsOf } from '../testing/kernels.js';

const width = 8;

/** Attention of a layer over a cache of `length` columns. */
const layer = (rows: number, heads: number, own: number, tokens: number, length: number, window?: number) =>
  programOf((g) => {
    const shape = [rows, tokens];
    const positions = tokens === 1 ? g.feed('positions', { shape, dtype: 'i32' }) : g.iota(shape, 1);
    const split = (name: string, n: number) =>
      g.transpose(
        g.reshape(g.feed(name, { shape: [rows, tokens, n * width], dtype: 'f32' }), [rows, tokens, n, width]),
        [0, 2, 1, 3],
      );
    const inputs = { path: 'attn', q: split('q', heads), k: split('k', own), v: split('v', own) };
    const out = new FixedKvCache(g, positions, length).attend(g, window ? { ...inputs, window } : inputs);
    g.output('out', g.reshape(g.transpose(out, [0, 2, 1, 3]), [rows, tokens, heads * width]));
  });

const at = (...positions: number[]) => ({
  feeds: { positions: new NdArray([positions.length, 1], 'i32', Int32Array.from(positions)) },
});

describe('attention over a cache', () => {
  it.each([
    [3, 3, undefined],
    [6, 2, undefined],
    [4, 1, 5],
  ])('decodes a token of each row, %i heads on %i, window %s', async (heads, own, window) => {
    const program = layer(3, heads, own, 1, 19, window);
    expect([...stepsOf(program)].sort()).toEqual(['matmul', 'select', 'select']);
    for (const difference of Object.values(await differences(program, at(0, 7, 18))))
      expect(difference).toBeLessThan(1e-5);
  });

  it('writes nothing where a position lies outside the cache', async () => {
    for (const difference of Object.values(await differences(layer(2, 2, 2, 1, 6), at(-1, 6))))
      expect(difference).toBeLessThan(1e-5);
  });

  it.each([
    [3, 3],
    [6, 2],
  ])('reads a prompt by causal attention, %i heads on %i', async (heads, own) => {
    const program = layer(2, heads, own, 13, 13);
    expect([...stepsOf(program)].sort()).toEqual(['transpose', 'transpose', 'transpose']);
    for (const difference of Object.values(await differences(program))) expect(difference).toBeLessThan(1e-5);
  });
});
