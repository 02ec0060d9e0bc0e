import { Random } from '@attune/core';
import { readFixture } from '../../testing/fixture.js';
import { hardText } from '../../testing/hard-text.js';
import { lastBorderBeforeWhiteSpace } from '../base/borders.js';
import { BpeTrainer, type BpeOptions } from './bpe-trainer.js';

interface Case extends Required<BpeOptions> {
  readonly text: string;
  readonly tokens: number;
  readonly firstTokens: readonly string[];
  readonly merges: readonly string[];
  readonly ids: readonly (readonly number[])[];
}

const { hard, cases } = await readFixture<{ hard: readonly string[]; cases: readonly Case[] }>(
  'bpe_training/cases.json',
);

function train(text: string, options?: BpeOptions) {
  const trainer = new BpeTrainer(options);
  trainer.add(text);
  const tokenizer = trainer.train();
  const { model, added_tokens: added } = tokenizer.files!['tokenizer.json'] as {
    model: { vocab: Record<string, number>; merges: readonly (readonly [string, string])[] };
    added_tokens: readonly { id: number; content: string; special: boolean }[];
  };
  const tokens = Object.keys(model.vocab).sort((a, b) => model.vocab[a]! - model.vocab[b]!);
  return { tokenizer, tokens, merges: model.merges.map((merge) => merge.join(' ')), added };
}

describe("Hugging Face's BpeTrainer", () => {
  test.each(cases.map((one, i) => [i, one] as const))(
    'learns the same merges, and gives the same ids: text %d',
    (_, { text, tokens: count, firstTokens, merges, ids, ...options }) => {
      const { tokenizer, tokens, ...trained } = train(text, options);
      expect(trained.merges).toEqual(merges);
      expect(tokens).toHaveLength(count);
      expect(tokens.slice(0, firstTokens.length)).toEqual(firstTokens);
      expect(trained.added.map(({ content }) => content)).toEqual(options.specialTokens);
      expect(hard.map((one) => Array.from<number>(tokenizer.encode(one)))).toEqual(ids);
    },
  );
});

test('any text can be encoded, and comes back', () => {
  const { tokenizer } = train('the cat sat on the mat. '.repeat(3), { vocabSize: 270 });
  const text = hardText(new Random(5), 300);
  expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
});

test('a text that comes in parts, cut before white space, gives the vocabulary of the whole', () => {
  const text = hardText(new Random(6), 2000);
  const parts = new BpeTrainer({ vocabSize: 400 });
  let rest = '';
  for (let i = 0; i < text.length; i += 97) {
    rest += text.slice(i, i + 97);
    const border = lastBorderBeforeWhiteSpace(rest);
    parts.add(rest.slice(0, border));
    rest = rest.slice(border);
  }
  parts.add(rest);
  expect(parts.train().files).toEqual(train(text, { vocabSize: 400 }).tokenizer.files);
});

test('the end of a text is named where there is a token for it', () => {
  const config = (options?: BpeOptions) => train('a', options).tokenizer.files!['tokenizer_config.json'];
  expect(config({ vocabSize: 257 })).toMatchObject({ eos_token: '<|endoftext|>' });
  expect(config({ vocabSize: 257, specialTokens: ['<s>'] })).not.toHaveProperty('eos_token');
});

test('progress tells how many tokens there are, and how many there are to be', () => {
  const trainer = new BpeTrainer({ vocabSize: 2000 });
  trainer.add(hardText(new Random(7), 4000));
  const heard: [number, number][] = [];
  trainer.train((done, total) => heard.push([done, total]));
  expect(heard.length).toBeGreaterThan(1);
  expect(heard[0]).toEqual([257 + 256, 2000]);
});

test.each<[BpeOptions, RegExp]>([
  [{ vocabSize: 256 }, /from 257 \(the 256 bytes and 1 special tokens\) to 1048576, but is 256/],
  [{ vocabSize: 2 ** 21 }, /vocabSize/],
  [{ vocabSize: 300.5 }, /vocabSize/],
  [{ minFrequency: -1 }, /minFrequency must be a count, but is -1/],
  [{ specialTokens: ['<a>', '<a>'] }, /Special tokens must be different/],
  [{ specialTokens: [''] }, /Special tokens must be different/],
])('%j is refused', (options, message) => {
  expect(() => new BpeTrainer(options)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
  );
});

test('what is kept of a text is bounded', () => {
  const refusal = expect.objectContaining({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('too many distinct words'),
  });
  const repeated = new BpeTrainer({}, { pieces: 3, units: 100 });
  repeated.add(' a b c'.repeat(1000));
  expect(() => repeated.add(' d')).toThrow(refusal);
  expect(() => new BpeTrainer({}, { pieces: 3, units: 100 }).add('x'.repeat(101))).toThrow(refusal);
});
