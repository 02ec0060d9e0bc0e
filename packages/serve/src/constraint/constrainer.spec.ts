import { byteTokenizer, charTokenizer, hfTokenizer, type Tokenizer } from '@attune/data';
import { createDecoder } from '@attune/train';
import { readFile } from 'node:fs/promises';
import { createBatcher } from '../batching/continuous-batcher.js';
import { DecoderPool } from '../batching/decoder-pool.js';
import { tinyServed, type TinyServed } from '../testing/tiny-served.js';
import { startSourceGrammarThread } from '../testing/source-grammar-thread.js';
import { validates } from '../testing/validates.js';
import {
  createConstrainer,
  type AnswerForm,
  type Constrainer,
  type ConstrainerOptions,
} from './constrainer.js';

/** Rounded up, as vocabularies are for the sake of an engine. */
const roundedUp = (size: number) => Math.ceil((size + 1) / 32) * 32;

const open = (tokenizer: Tokenizer, endTokens: number[] = [], more: Partial<ConstrainerOptions> = {}) =>
  createConstrainer({
    ...{ tokenizer, vocabSize: roundedUp(tokenizer.vocabSize), start: startSourceGrammarThread, ...more },
    endTokens: async () => endTokens,
  });

/** Lets an untrained model answer: it would say anything. */
async function answers(
  tokenizer: Tokenizer,
  constrainer: Constrainer,
  form: AnswerForm,
  count: number,
  end: number[] = [],
) {
  const served: TinyServed = await tinyServed({ vocabSize: roundedUp(tokenizer.vocabSize), blockSize: 256 });
  const batcher = createBatcher({
    decoder: new DecoderPool(1).lease(() => createDecoder({ ...served, rows: 4 })),
    vocabSize: served.model.config.vocabSize,
    contextLength: 256,
  });
  const prepared = await constrainer.prepare(form);
  const texts = await Promise.all(
    Array.from({ length: count }, async (_, seed) => {
      const ids: number[] = [];
      const request = {
        ...{ prompt: [1], maxNewTokens: 255, sampling: { temperature: 3 }, seed, endTokens: end },
        signal: new AbortController().signal,
      };
      for await (const { token } of batcher.submit({ ...request, constraint: prepared.text() }))
        ids.push(token);
      if (end.includes(ids.at(-1)!)) ids.pop();
      return { text: tokenizer.decode(ids), full: ids.length === 255 };
    }),
  );
  prepared.release();
  await batcher.close();
  await served.dispose();
  return texts;
}

const person = {
  type: 'object',
  properties: {
    naïve: { type: 'string', maxLength: 6 },
    age: { type: 'integer', minimum: 0, maximum: 130 },
    tags: { type: 'array', items: { enum: ['a', 'ü', '🐈', 'say "\\n"', '\n'] }, maxItems: 3 },
    size: {
      anyOf: [{ type: 'integer', exclusiveMinimum: -7, maximum: 25 }, { type: 'number' }, { type: 'null' }],
    },
    code: { type: 'string', pattern: '^[A-Z]{2}-\\d{1,3}$' },
    day: { type: 'string', format: 'date' },
  },
  required: ['naïve', 'age', 'tags', 'code'],
  additionalProperties: false,
};

const fixture = async (kind: string) =>
  hfTokenizer(
    JSON.parse(
      await readFile(
        new URL(`../../../backend-testkit/fixtures/tiny_tokenizers/${kind}/tokenizer.json`, import.meta.url),
        'utf8',
      ),
    ),
  );

describe.each<[string, () => Promise<Tokenizer> | Tokenizer, number[]]>([
  ['bytes', byteTokenizer, []],
  ['a byte-level vocabulary', () => fixture('byte_level'), [4]],
  ['a vocabulary of SentencePiece', () => fixture('sentencepiece_bpe'), [2]],
])('%s', (_, tokenizerOf, ends) => {
  let [tokenizer, constrainer] = [] as unknown as [Tokenizer, Constrainer];
  beforeAll(async () => {
    tokenizer = await tokenizerOf();
    constrainer = open(tokenizer, ends);
  });
  afterAll(() => constrainer.dispose());

  test('every answer of an untrained model is what the schema says', async () => {
    const texts = await answers(tokenizer, constrainer, { type: 'json_schema', schema: person }, 4, ends);
    const whole = texts.filter(({ full }) => !full);
    expect(whole.length).toBeGreaterThan(1);
    for (const { text } of whole) {
      expect(() => JSON.parse(text)).not.toThrow();
      expect([text, validates(person, JSON.parse(text))]).toEqual([text, true]);
    }
    expect(new Set(whole.map(({ text }) => text)).size).toBeGreaterThan(1);
  });
});

test('any object, where nothing else is said', async () => {
  const tokenizer = byteTokenizer();
  const constrainer = open(tokenizer);
  for (const { text, full } of await answers(tokenizer, constrainer, { type: 'json_object' }, 4)) {
    expect(text).toMatch(/^\{/);
    if (!full) expect(typeof JSON.parse(text)).toBe('object');
  }
  constrainer.dispose();
});

describe('limits', () => {
  const small: AnswerForm = { type: 'json_schema', schema: { type: 'object', properties: {} } };
  const other = (n: number): AnswerForm => ({ type: 'json_schema', schema: { const: n } });

  test('a schema that takes too long is given up, and the next one is not disturbed', async () => {
    const constrainer = open(byteTokenizer(), [], { limits: { compileMs: 1 } });
    await expect(constrainer.prepare(small)).rejects.toMatchObject({ code: 'SCHEMA_TOO_COSTLY' });
    await expect(constrainer.prepare(small)).rejects.toMatchObject({ code: 'SCHEMA_TOO_COSTLY' });
    constrainer.dispose();
  });

  test('one that contradicts itself is refused, and so is one whose thread does not live', async () => {
    const constrainer = open(byteTokenizer());
    const form: AnswerForm = { type: 'json_schema', schema: { type: 'integer', minimum: 5, maximum: 3 } };
    await expect(constrainer.prepare(form)).rejects.toMatchObject({ code: 'SCHEMA_UNSUPPORTED' });
    constrainer.dispose();
    const dying = open(byteTokenizer(), [], {
      start: (_, { onFailure }) => ({ post: () => void setTimeout(onFailure), end: () => undefined }),
    });
    await expect(dying.prepare(small)).rejects.toMatchObject({ code: 'SCHEMA_TOO_COSTLY' });
    dying.dispose();
  });

  test('as many grammars are kept as there may be; one that is in use stays', async () => {
    const constrainer = open(byteTokenizer(), [], { grammars: 2 });
    const held = await constrainer.prepare(other(1));
    const text = held.text();
    held.release();
    const second = await constrainer.prepare(other(2));
    await expect(constrainer.prepare(other(3))).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    second.release();
    const third = await constrainer.prepare(other(3));
    await text.accept('1'.charCodeAt(0));
    expect(text.finished).toBe(true);
    text.dispose();
    text.dispose();
    third.release();
    constrainer.dispose();
    await expect(constrainer.prepare(other(1))).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  test('a vocabulary that cannot spell what is asked for says so', async () => {
    const constrainer = open(charTokenizer('abc'));
    const text = (await constrainer.prepare(small)).text();
    expect(() => text.restrict(new Float32Array(32))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('vocabulary') }),
    );
    constrainer.dispose();
  });
});
