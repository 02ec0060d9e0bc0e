import { contentHash, promptHash } from './content.js';
import { ExampleStore } from './encoded-examples.js';
import type { Example } from '../rows/example.js';
import { splitRows } from '../split.js';
import { exampleStatistics, leakage, lengthStatistics } from './statistics.js';

const [BOS, EOS] = [1, 2];

function store(rows: readonly { ids: number[]; weights: number[]; example?: Example }[]): ExampleStore {
  const examples = new ExampleStore('memory');
  rows.forEach(({ ids, weights, example = { kind: 'text', text: `${examples.count}` } }, i) => {
    const asked = promptHash(example);
    examples.add(
      { ids: Int32Array.from(ids), weights: Float32Array.from(weights) },
      {
        file: 'a.jsonl',
        line: i + 1,
        contentHash: contentHash(example),
        ...(asked && { promptHash: asked }),
      },
    );
  });
  return examples;
}

test('lengths are summarised by quantiles of the nearest rank', () => {
  expect(lengthStatistics([])).toBeUndefined();
  expect(lengthStatistics([4])).toEqual({ min: 4, median: 4, p95: 4, max: 4, mean: 4 });
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(lengthStatistics(hundred)).toEqual({ min: 1, median: 50, p95: 95, max: 100, mean: 50.5 });
});

describe('exampleStatistics', () => {
  it('finds two BOS, missing EOS and rows without a trained token', () => {
    const examples = store([
      { ids: [BOS, 5, 6, EOS], weights: [0, 0, 1, 1] },
      { ids: [BOS, BOS, 6, 7], weights: [0, 0, 1, 0.5] },
      { ids: [BOS, 5, 6], weights: [0, 0, 0] },
      // The turn ends; what the template writes behind it is not trained.
      { ids: [BOS, 5, EOS, 9], weights: [0, 1, 1, 0] },
      { ids: [BOS, 5, EOS, 9], weights: [0, 1, 1, 1] },
      { ids: [5, EOS, 9, 9, 9], weights: [0, 1, 1, 1, 1] },
    ]);
    expect(exampleStatistics(examples, { bos: BOS, ends: [EOS] })).toEqual({
      rows: 6,
      tokens: 24,
      trainedTokens: 13,
      duplicates: 0,
      doubleBos: 1,
      missingEos: 2,
      untrained: 1,
      unknownTokens: 0,
    });
    // A row that was cut has no end, which is no fault of the data.
    expect(exampleStatistics(examples, { ends: [EOS] }, (row) => row === 1)).toMatchObject({
      doubleBos: 0,
      missingEos: 1,
    });
    // Where there is no end token, no row has one.
    expect(exampleStatistics(examples, { ends: [], unk: 6 })).toMatchObject({
      missingEos: 5,
      unknownTokens: 3,
    });
  });

  it('finds rows that say the same, and prompts that are also in training', () => {
    const row = (prompt: string, completion: string) => ({
      ids: [3, 4],
      weights: [0, 1],
      example: { kind: 'completion', prompt, completion } as const,
    });
    const train = store([row('a', 'b'), row('c', 'd'), row('a', 'b'), row('a', 'e')]);
    expect(exampleStatistics(train, { ends: [] }).duplicates).toBe(1);
    const other = store([row('a', 'b'), row('c', 'x'), row('y', 'd')]);
    expect(leakage(train, other)).toEqual({ rows: 1, prompts: 2 });
  });

  it('takes what stands before the first answer for the prompt', () => {
    const asking = (answer: string, system = 's'): Example => ({
      kind: 'messages',
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: 'u' },
        { role: 'assistant', content: answer },
      ],
    });
    expect(promptHash(asking('a'))).toBe(promptHash(asking('b')));
    expect(promptHash(asking('a'))).not.toBe(promptHash(asking('a', 't')));
    expect(promptHash({ kind: 'text', text: 'a' })).toBeUndefined();
    expect(contentHash(asking('a'))).not.toBe(contentHash(asking('b')));
  });
});

describe('splitRows', () => {
  it('draws rows by seed, keeps their order, and loses none', () => {
    const { train, validation } = splitRows(100, 0.13, 1);
    expect(validation).toHaveLength(13);
    expect([...train, ...validation].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(validation).toEqual([...validation].sort((a, b) => a - b));
    expect(splitRows(100, 0.13, 1).validation).toEqual(validation);
    expect(splitRows(100, 0.13, 2).validation).not.toEqual(validation);
    expect(splitRows(100, 0.3, 1).validation).toEqual(expect.arrayContaining([...validation]));
    expect(splitRows(5, 0, 1)).toEqual({ train: [0, 1, 2, 3, 4], validation: [] });
  });

  it('rejects a share that is none, or of no row', () => {
    for (const fraction of [-0.1, 1, NaN]) {
      expect(() => splitRows(10, fraction, 1)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    expect(() => splitRows(5, 0.1, 1)).toThrow(expect.objectContaining({ code: 'DATA_TOO_SHORT' }));
  });
});
