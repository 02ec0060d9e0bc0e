import { AttuneError } from '@attune/core';
import { encodeExamples, type EncodeExamplesOptions } from './encode-examples.js';
import type { EncodedExample, Example, ExampleRow } from '../rows/example.js';

/** One token a character; those behind the first `>` are trained. */
async function encode(example: Example): Promise<EncodedExample> {
  const text = (example as { text: string }).text;
  if (text.includes('!')) throw new AttuneError('INVALID_ARGUMENT', 'No token for "!".');
  const ids = Int32Array.from(text, (char) => char.charCodeAt(0));
  const answer = text.indexOf('>');
  return { ids, weights: Float32Array.from(ids, (_, i) => (answer >= 0 && i > answer ? 1 : 0)) };
}

const rowsOf = (texts: readonly string[]): ExampleRow[] =>
  texts.map((text, i) => ({ example: { kind: 'text', text }, file: 'rows.jsonl', line: i + 1 }));
const run = (texts: readonly string[], options: Partial<EncodeExamplesOptions> = {}) =>
  encodeExamples(rowsOf(texts), { encode, maxLength: 6, ...options });

describe('encodeExamples', () => {
  it('keeps ids, weights and places, in order', async () => {
    const texts = Array.from({ length: 50 }, (_, i) => `${i}>b`);
    const { examples, counts } = await run(texts);
    expect(examples.count).toBe(50);
    expect(counts).toEqual({ rows: 50, kept: 50, truncated: 0, dropped: 0, droppedUntrained: 0, refused: 0 });
    const { ids, weights, file, line } = examples.row(12);
    expect([String.fromCharCode(...ids), [...weights], file, line]).toEqual([
      '12>b',
      [0, 0, 0, 1],
      'rows.jsonl',
      13,
    ]);
    expect(examples.longest).toBe(4);
    expect(() => examples.row(50)).toThrow('no row 50');
  });

  it('says which row a chat template could not write, beside the line of the template', async () => {
    const fails = (): never => {
      throw new AttuneError('TEMPLATE_FAILED', 'The chat template (a.jinja, line 3) refuses it.', {
        data: { template: 'a.jinja', line: 3 },
      });
    };
    await expect(run(['a>b'], { encode: fails })).rejects.toMatchObject({
      code: 'TEMPLATE_FAILED',
      message: expect.stringMatching(/^rows\.jsonl, line 1: .*a\.jinja, line 3/),
      data: { template: 'a.jinja', file: 'rows.jsonl', line: 1 },
    });
  });

  it('tells rows apart by their tokens, weights and order', async () => {
    const prints = await Promise.all(
      [['a>b', 'c>d'], ['c>d', 'a>b'], ['a>b'], ['a>b', 'c>e'], ['a>b', 'c>d']].map(
        async (texts) => (await run(texts)).examples.fingerprint,
      ),
    );
    expect(new Set(prints).size).toBe(4);
    expect(prints[4]).toBe(prints[0]);
    const { examples } = await run(['c>d', 'a>b']);
    expect(examples.select('both', [1, 0]).fingerprint).toBe(prints[0]);
    expect(examples.select('one', [1])).toMatchObject({ count: 1, longest: 3, name: 'one' });
  });

  describe('rows that are too long', () => {
    const texts = ['a>b', 'long>answer', 'longer prompt>b'];

    it('are an error unless said otherwise', async () => {
      await expect(run(texts)).rejects.toMatchObject({
        code: 'EXAMPLE_TOO_LONG',
        message: expect.stringContaining(
          'rows.jsonl, line 2: the row has 11 tokens, but at most 6 are allowed.',
        ),
        data: { file: 'rows.jsonl', line: 2, length: 11, maxLength: 6 },
      });
    });

    it('are dropped, and counted', async () => {
      const { examples, counts, lengths } = await run(texts, { onOverlength: 'drop' });
      expect(examples.count).toBe(1);
      expect(counts).toMatchObject({ rows: 3, kept: 1, dropped: 2, truncated: 0 });
      expect(lengths).toEqual([3, 11, 15]);
    });

    it('keep their begin, and are counted; one that has nothing left to train is dropped', async () => {
      const { examples, counts, truncated } = await run(texts, { onOverlength: 'truncate' });
      expect(examples.count).toBe(2);
      expect(String.fromCharCode(...examples.row(1).ids)).toBe('long>a');
      expect([...examples.row(1).weights]).toEqual([0, 0, 0, 0, 0, 1]);
      expect(counts).toMatchObject({ kept: 2, truncated: 1, dropped: 0, droppedUntrained: 1 });
      expect(truncated).toEqual([false, true]);
    });
  });

  describe('rows that are too long to be encoded', () => {
    const never = () => Promise.reject(new Error('encoded'));
    const conversation = (turns: number): ExampleRow => ({
      file: 'rows.jsonl',
      line: 1,
      example: { kind: 'messages', messages: Array(turns).fill({ role: 'user', content: 'x' }) },
    });
    const long = 'x'.repeat(2 ** 16 + 1);

    it.each<[string, ExampleRow, string]>([
      [
        'of many characters',
        rowsOf([long])[0]!,
        'the row has 65537 characters, but at most 6 tokens are allowed',
      ],
      ['of many turns', conversation(7), 'the conversation has 7 turns, but at most 6 tokens are allowed'],
      ['of more turns than any', conversation(8193), 'has 8193 turns, but at most 8192 are allowed'],
    ])('are refused or dropped before that: %s', async (_, row, part) => {
      const options = { encode: never, maxLength: 6 };
      await expect(encodeExamples([row], options)).rejects.toMatchObject({
        code: 'EXAMPLE_TOO_LONG',
        message: expect.stringContaining(part),
      });
      const { counts } = await encodeExamples([row], { ...options, onOverlength: 'drop' });
      expect(counts).toMatchObject({ rows: 1, kept: 0, dropped: 1 });
    });

    it('are cut where that was asked for, unless they exceed what any row may have', async () => {
      const cut = { onOverlength: 'truncate' } as const;
      expect((await run([`>${long}`], cut)).counts).toMatchObject({ kept: 1, truncated: 1 });
      await expect(run(['x'.repeat(2 ** 22 + 1)], { ...cut, encode: never })).rejects.toMatchObject({
        code: 'EXAMPLE_TOO_LONG',
        message: expect.stringContaining('the row has 4194305 characters, but at most 4194304 are allowed'),
      });
    });
  });

  it('refuses a row without a trained token', async () => {
    await expect(run(['a>b', 'nothing'.slice(0, 5)])).rejects.toMatchObject({
      code: 'NO_TARGETS',
      message: expect.stringContaining('rows.jsonl, line 2: no token of the row is trained.'),
    });
  });

  it('says in which row encoding failed, the first of them', async () => {
    await expect(run(['a>b', 'c!', '!'])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'rows.jsonl, line 2: No token for "!".',
      data: { file: 'rows.jsonl', line: 2 },
    });
    const failing = () => Promise.reject(new TypeError('of the program'));
    await expect(run(['a'], { encode: failing })).rejects.toThrow(TypeError);
  });

  it('collects what would be refused, for a report', async () => {
    const refused: string[] = [];
    const { examples, counts } = await run(['a>b', 'c!', 'none', 'much>too long'], {
      onRefused: ({ line, error }) => refused.push(`${line} ${error.code}`),
    });
    expect(refused).toEqual(['2 INVALID_ARGUMENT', '3 NO_TARGETS', '4 EXAMPLE_TOO_LONG']);
    expect(counts).toMatchObject({ rows: 4, kept: 2, refused: 3 });
    expect(examples.row(1).line).toBe(3);
  });

  it('wants a length that leaves something to predict', async () => {
    await expect(run([], { maxLength: 1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('takes labelled texts without trained tokens, with their label', async () => {
    const rows: ExampleRow[] = [
      { example: { kind: 'classification', text: 'fine', label: 'good' }, file: 'x', line: 1 },
    ];
    const { examples } = await encodeExamples(rows, { encode, maxLength: 9 });
    expect(examples.row(0)).toMatchObject({ label: 'good', file: 'x' });
  });
});
