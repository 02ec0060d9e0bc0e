import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EncodedExample, Example } from '../../examples/index.js';
import { openExamples, type OpenExamplesOptions } from './index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-examples-'));
});
afterEach(() => rm(folder, { recursive: true }));

const [BOS, EOS] = [1, 2];

/** BOS, one token a character, and EOS, the completion trained. */
function encode(example: Example): EncodedExample {
  const { prompt, completion } = example as Extract<Example, { kind: 'completion' }>;
  const [asked, answer] = [prompt, completion].map((text) => [...text].map((char) => char.charCodeAt(0)));
  const ids = [BOS, ...asked!, ...answer!, EOS];
  return {
    ids: Int32Array.from(ids),
    weights: Float32Array.from(ids, (_, i) => (i > asked!.length ? 1 : 0)),
  };
}

const write = (name: string, rows: readonly (readonly [prompt: string, completion: string])[]) =>
  writeFile(
    join(folder, name),
    rows.map(([prompt, completion]) => `${JSON.stringify({ prompt, completion })}\n`).join(''),
  );
const open = (options: Partial<OpenExamplesOptions> = {}, path = folder) =>
  openExamples(path, { encode, maxLength: 20, reported: { bos: BOS, ends: [EOS] }, ...options });

describe('openExamples', () => {
  it('reads the files of a folder, and reports on them', async () => {
    await write('train.jsonl', [['a', 'b'], ['a', 'b'], ['c', 'd'], ['e', 'much too long for this']]); // prettier-ignore
    await write('valid.jsonl', [['c', 'e'], ['x', 'y'], ['a', 'b']]); // prettier-ignore
    const { train, validation, test, report } = await open({ onOverlength: 'truncate' });
    expect([train.count, validation?.count, test]).toEqual([4, 3, undefined]);
    expect(report).toEqual({
      format: 'completion',
      columns: { prompt: 'prompt', completion: 'completion' },
      ignored: [],
      maxLength: 20,
      onOverlength: 'truncate',
      files: [
        {
          file: join(folder, 'train.jsonl'),
          ...{ rows: 4, kept: 4, truncated: 1, dropped: 0, droppedUntrained: 0, refused: 0 },
          lengths: { min: 4, median: 4, p95: 25, max: 25, mean: 9.25 },
        },
        {
          file: join(folder, 'valid.jsonl'),
          ...{ rows: 3, kept: 3, truncated: 0, dropped: 0, droppedUntrained: 0, refused: 0 },
          lengths: { min: 4, median: 4, p95: 4, max: 4, mean: 4 },
        },
      ],
      parts: {
        train: {
          ...{ rows: 4, tokens: 32, trainedTokens: 24, duplicates: 1 },
          ...{ doubleBos: 0, missingEos: 0, untrained: 0, unknownTokens: 0 },
        },
        validation: {
          ...{ rows: 3, tokens: 12, trainedTokens: 6, duplicates: 0 },
          ...{ doubleBos: 0, missingEos: 0, untrained: 0, unknownTokens: 0 },
        },
      },
      leakage: { validation: { rows: 1, prompts: 2 } },
    });
  });

  it('splits a file by seed', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => [`question ${i}`, `${i}`] as const);
    await write('rows.jsonl', rows);
    const file = join(folder, 'rows.jsonl');
    const { train, validation, report } = await open({ validationFraction: 0.2, seed: 3 }, file);
    expect([train.count, validation!.count]).toEqual([16, 4]);
    const lines = [train, validation!].flatMap((part) =>
      Array.from({ length: part.count }, (_, i) => part.row(i).line),
    );
    expect(lines.sort((a, b) => a - b)).toEqual(rows.map((_, i) => i + 1));
    expect(report.leakage).toEqual({ validation: { rows: 0, prompts: 0 } });
    const again = await open({ validationFraction: 0.2, seed: 3 }, file);
    expect(again.train.fingerprint).toBe(train.fingerprint);
    const whole = await open({}, file);
    expect([whole.train.count, whole.validation]).toEqual([20, undefined]);
  });

  it('wants one format in all files, and one source of validation', async () => {
    await write('train.jsonl', [['a', 'b']]);
    await writeFile(join(folder, 'test.jsonl'), '{"text": "a"}');
    await expect(open()).rejects.toMatchObject({
      code: 'UNKNOWN_FORMAT',
      message: expect.stringContaining('test.jsonl, line 1: the row is text'),
    });
    await rm(join(folder, 'test.jsonl'));
    await write('valid.jsonl', [['a', 'b']]);
    await expect(open({ validationFraction: 0.5 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
