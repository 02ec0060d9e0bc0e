import { fingerprintWindows, memoryTokens, tokenDType } from './index.js';

describe('memoryTokens', () => {
  it('reads windows of an array, whatever its type', async () => {
    for (const tokens of [[5, 6, 7, 8], Uint16Array.of(5, 6, 7, 8), Uint32Array.of(5, 6, 7, 8)]) {
      const source = memoryTokens(tokens);
      expect(source).toMatchObject({ length: 4, dtype: 'uint16', name: 'memory' });
      expect(await source.read(1, 2)).toEqual(Int32Array.of(6, 7));
    }
  });

  it('knows which ids need 32 bits', () => {
    expect(memoryTokens([65535]).dtype).toBe('uint16');
    expect(memoryTokens([65536]).dtype).toBe('uint32');
    expect([tokenDType(65536), tokenDType(65537)]).toEqual(['uint16', 'uint32']);
  });

  it.each([
    [0, 5],
    [-1, 2],
    [4, 1],
    [0.5, 1],
  ])('rejects a window from %d of %d tokens', async (start, count) => {
    const read = memoryTokens([1, 2, 3, 4]).read(start, count);
    await expect(read).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each([-1, 1.5, 2 ** 32, NaN])('rejects %d as an id', (id) => {
    expect(() => memoryTokens([1, id])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('the fingerprint', () => {
  const tokens = Uint32Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 1000);
  const changed = (at: number) => {
    const copy = tokens.slice();
    copy[at] = 999_999;
    return memoryTokens(copy).fingerprint;
  };

  it('is that of the tokens, not of the array', () => {
    expect(memoryTokens(Uint16Array.from(tokens)).fingerprint).toBe(memoryTokens(tokens).fingerprint);
  });

  it('changes with any token, and with the length', () => {
    const { fingerprint } = memoryTokens(tokens);
    for (const at of [0, 16_383, 16_384, 25_000, 49_999]) expect(changed(at)).not.toBe(fingerprint);
    expect(memoryTokens(tokens.subarray(1)).fingerprint).not.toBe(fingerprint);
    expect(memoryTokens([0, 0]).fingerprint).not.toBe(memoryTokens([0, 0, 0]).fingerprint);
  });

  it('reads all of a short source, and 2²⁰ tokens from begin to end of a long one', () => {
    const covered = (length: number) => fingerprintWindows(length).reduce((sum, [, count]) => sum + count, 0);
    expect(covered(1)).toBe(1);
    expect(covered(1_003_854)).toBe(1_003_854);
    expect(covered(10 ** 9)).toBe(2 ** 20);
    const [first, last] = [fingerprintWindows(10 ** 9).at(0)!, fingerprintWindows(10 ** 9).at(-1)!];
    expect([first[0], last[0] + last[1]]).toEqual([0, 10 ** 9]);
  });
});
