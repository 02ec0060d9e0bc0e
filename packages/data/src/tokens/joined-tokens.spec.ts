import { fingerprinted, joinedTokens, memoryTokens } from './index.js';

const ids = Array.from({ length: 40 }, (_, i) => i * i);

describe('joinedTokens', () => {
  it('is the sources one after the other, at every window', async () => {
    const whole = memoryTokens(ids);
    for (const cuts of [
      [0, 40],
      [0, 17, 40],
      [0, 1, 2, 20, 39, 40],
      [0, 5, 5, 5, 30, 40, 40],
    ]) {
      const parts = cuts.slice(1).map((end, i) => memoryTokens(ids.slice(cuts[i], end)));
      const joined = joinedTokens('all', parts);
      expect(joined).toMatchObject({ length: 40, dtype: 'uint16' });
      for (let start = 0; start <= 40; start++)
        for (const count of [0, 1, 3, 17, 40 - start])
          if (start + count <= 40)
            expect(await joined.read(start, count)).toEqual(await whole.read(start, count));
      expect((await fingerprinted(joined)).fingerprint).toBe(whole.fingerprint);
    }
  });

  it('reads no further than its last token', async () => {
    const joined = joinedTokens('all', [memoryTokens(ids), memoryTokens([70_000])]);
    expect(joined.dtype).toBe('uint32');
    await expect(joined.read(30, 12)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(() => joinedTokens('all', [])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('closes all sources', async () => {
    const closed: string[] = [];
    const part = (name: string) => ({ ...memoryTokens([1]), close: async () => void closed.push(name) });
    await joinedTokens('all', [part('a'), memoryTokens([2]), part('b')]).close!();
    expect(closed).toEqual(['a', 'b']);
  });
});
