import { byteLevelBpe, preTokenizers } from '../testing/byte-level-bpe.js';
import { readFixture } from '../testing/fixture.js';
import { hfTokenizer } from './index.js';

interface Ids {
  readonly samples: readonly (readonly [string, readonly number[]])[];
}

// Written with transformers: see tools/reference/tiny_tokenizers.py.
describe.each([
  'byte_level',
  'byte_level_split',
  'sentencepiece_bpe',
  'metaspace_bpe',
  'gemma_bpe',
  'wordpiece',
  'unigram',
])('a tokenizer.json of kind %s', (kind) => {
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
