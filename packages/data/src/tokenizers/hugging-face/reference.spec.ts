import { byteLevelBpe, preTokenizers } from '../../testing/byte-level-bpe.js';
import { readFixture } from '../../testing/fixture.js';
import { TOKENIZER_KINDS } from '../../testing/tokenizer-kinds.js';
import { hfTokenizer } from '../index.js';

interface Ids {
  readonly samples: readonly (readonly [string, readonly number[]])[];
}

// Written with transformers: see tools/reference/tiny_tokenizers.py.
describe.each(TOKENIZER_KINDS)('a tokenizer.json of kind %s', (kind) => {
  it('gives the ids of transformers for hard strings', async () => {
    const tokenizer = hfTokenizer(await readFixture(`tiny_tokenizers/${kind}/tokenizer.json`));
    const { samples } = await readFixture<Ids>(`tiny_tokenizers/${kind}/ids.json`);
    expect(samples.length).toBeGreaterThan(40);
    const different = samples.filter(([text, ids]) => String([...tokenizer.encode(text)]) !== String(ids));
    expect(
      different.map(([text, ids]) => ({ text, expected: ids, got: [...tokenizer.encode(text)] })),
    ).toEqual([]);
  });
});

it('a byte order mark written as bytes is a character like any other', async () => {
  const tokenizer = hfTokenizer(await readFixture('tiny_tokenizers/gemma_bpe/tokenizer.json'));
  expect(tokenizer.decode(tokenizer.encode('\ufeffa\ufeff\ufeffb'))).toBe('\ufeffa\ufeff\ufeffb');
});

it.each(['GPT-2', 'SmolLM'] as const)(
  "a pre-tokenizer like %s's takes Unicode's white space, not JavaScript's",
  (name) => {
    const tokenizer = hfTokenizer(byteLevelBpe(preTokenizers[name]));
    // From transformers, with this vocabulary.
    expect([...tokenizer.encode('a \u0085b')]).toEqual([97, 32, 584, 98]);
    expect([...tokenizer.encode("\u0085's")]).toEqual([584, 373]);
  },
);

interface Step {
  readonly name: string;
  readonly tokenizer: unknown;
  readonly ids: readonly (readonly number[])[];
}

// Written with tokenizers: see tools/reference/tokenizer_steps.py.
describe('every step of a tokenizer.json', () => {
  it('gives the ids that the library of transformers gives', async () => {
    const { texts, cases } = await readFixture<{ texts: readonly string[]; cases: readonly Step[] }>(
      'tokenizer_steps/case.json',
    );
    expect(cases.length).toBeGreaterThan(40);
    const different = cases.flatMap(({ name, tokenizer: json, ids }) => {
      const tokenizer = hfTokenizer(json);
      return texts.flatMap((text, i) => {
        const got = [...tokenizer.encode(text)];
        return String(got) === String(ids[i]) ? [] : [{ name, text, expected: ids[i], got }];
      });
    });
    expect(different).toEqual([]);
  });

  it('is refused where it is not known', () => {
    const model = { type: 'BPE', vocab: { a: 0 }, merges: [] };
    const file = {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      decoder: null,
      post_processor: null,
    };
    for (const [key, step] of [
      ['normalizer', { type: 'ByteLevel' }],
      ['pre_tokenizer', { type: 'UnicodeScripts' }],
      ['model', { ...model, continuing_subword_prefix: '##' }],
    ] as const) {
      expect(() => hfTokenizer({ ...file, model, [key]: step })).toThrow(
        expect.objectContaining({ code: 'FILE_CORRUPT' }),
      );
    }
  });
});
