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
