import { llmcFile } from '../testing/llmc-file.js';
import { HEADER_BYTES, parseTokenHeader } from './index.js';

const parse = (bytes: Uint8Array) =>
  parseTokenHeader(bytes.subarray(0, HEADER_BYTES), bytes.length, 'train.bin');

const LLAMA_3 = { magic: 20240801, version: 7, array: Uint32Array.of(1, 100_000) };

describe('parseTokenHeader', () => {
  it("knows llm.c's two formats", () => {
    expect(parse(llmcFile([1, 2, 3]))).toEqual({
      name: 'GPT-2',
      version: 1,
      dtype: 'uint16',
      vocabSize: 50257,
      tokens: 3,
    });
    expect(parse(llmcFile([1, 2], LLAMA_3))).toMatchObject({ name: 'Llama 3', dtype: 'uint32', tokens: 2 });
  });

  it('takes anything else for tokens', () => {
    expect(parse(new Uint8Array(0))).toBeNull();
    expect(parse(Uint8Array.of(0x88, 0xd8, 0x34))).toBeNull();
    expect(parse(new Uint8Array(Uint16Array.from({ length: 2000 }, (_, i) => i).buffer))).toBeNull();
  });

  it('is not fooled by tokens of GPT-2: the magic numbers hold ids that it does not have', () => {
    for (const magic of [20240520, 20240801]) expect(magic & 0xffff).toBeGreaterThanOrEqual(50304);
  });

  it.each<[string, Uint8Array]>([
    ['its version is 2 instead of 1', llmcFile([1], { version: 2 })],
    ['its version is 1 instead of 7', llmcFile([1], { ...LLAMA_3, version: 1 })],
    ['has 12 bytes, less than the 1024', llmcFile([]).subarray(0, 12)],
    ['its 3 uint16 tokens', llmcFile([1, 2], { count: 3 })],
    ['its 1 uint16 tokens', llmcFile([1, 2], { count: 1 })],
    ['its -1 uint16 tokens', llmcFile([1, 2], { count: -1 })],
    ['its 2147483647 uint16 tokens', llmcFile([1, 2], { count: 2 ** 31 - 1 })],
    ['make the 1027 bytes', llmcFile([1, 2]).subarray(0, 1027)],
  ])('finds a header that lies: %s', (what, bytes) => {
    expect(() => parse(bytes)).toThrow(expect.objectContaining({ code: 'FILE_CORRUPT' }));
    expect(() => parse(bytes)).toThrow(what);
  });
});
