import { readFixture } from '../testing/fixture.js';
import { hfTokenizer, streamDecoder } from './index.js';

interface Decoding {
  readonly name: string;
  readonly tokenizer: unknown;
  readonly sequences: readonly (readonly number[])[];
  readonly texts: readonly string[];
  /** For each sequence, and each number of ids that stand before from 1 on: the text of those that follow. */
  readonly continued: readonly (readonly (string | null)[])[];
}

interface Added {
  readonly name: string;
  readonly tokenizer: unknown;
  readonly ids: readonly (readonly number[])[];
}

interface Fixture {
  readonly decoding: readonly Decoding[];
  readonly texts: readonly string[];
  readonly added: readonly Added[];
}

// Written with tokenizers: see tools/reference/tokenizer_decoding.py.
const read = () => readFixture<Fixture>('tokenizer_decoding/case.json');

test('ids become the text that tokenizers gives, whatever the decoder', async () => {
  const { decoding } = await read();
  for (const { name, tokenizer: json, sequences, texts } of decoding) {
    const tokenizer = hfTokenizer(json);
    expect([name, sequences.map((ids) => tokenizer.decode(ids))]).toEqual([name, texts]);
  }
});

test('a stream gives the same text, also after a prompt', async () => {
  const { decoding } = await read();
  let prompts = 0;
  for (const { name, tokenizer: json, sequences, texts, continued } of decoding) {
    const tokenizer = hfTokenizer(json);
    const streamed = (ids: readonly number[], before: number) => {
      const decoder = streamDecoder(tokenizer, ids.slice(0, before));
      return [...ids.slice(before).map((id) => decoder.push(id)), decoder.end()].join('');
    };
    sequences.forEach((ids, i) => {
      expect([name, ids, streamed(ids, 0)]).toEqual([name, ids, texts[i]]);
      continued[i]!.forEach((text, n) => {
        if (text === null) return;
        prompts++;
        expect([name, ids, n + 1, streamed(ids, n + 1)]).toEqual([name, ids, n + 1, text]);
      });
    });
  }
  expect(prompts).toBeGreaterThan(300);
});

test('added tokens that are whole words only are text within words', async () => {
  const { texts, added } = await read();
  for (const { name, tokenizer: json, ids } of added) {
    const tokenizer = hfTokenizer(json);
    const got = texts.map((text) => [text, [...tokenizer.encode(text)]]);
    expect([name, got]).toEqual([name, texts.map((text, i) => [text, ids[i]])]);
  }
});

test('a text that no vocabulary has, and no token for the unknown, is the fault of the text', () => {
  const steps = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    decoder: null,
    post_processor: null,
  };
  const wordLevel = (model: object) =>
    hfTokenizer({ ...steps, model: { type: 'WordLevel', vocab: { a: 0, '[UNK]': 1 }, ...model } });
  expect([...wordLevel({ unk_token: '[UNK]' }).encode('a b')]).toEqual([0, 1]);
  for (const model of [{}, { unk_token: '<unk>' }]) {
    expect(() => wordLevel(model).encode('a b')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('lacks "b"') }),
    );
  }
});
