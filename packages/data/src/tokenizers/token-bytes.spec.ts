import { readFixture } from '../testing/fixture.js';
import { byteTokenizer, charTokenizer, gpt2Tokenizer, hfTokenizer, tokenBytes } from './index.js';
import type { TokenSpellings } from './token-bytes.js';

interface Ids {
  readonly samples: readonly (readonly [string, readonly number[]])[];
}

const SPECIAL = '\u0000';

/** The text of tokens, from the bytes of each. */
function textOf(bytes: TokenSpellings, ids: ArrayLike<number>): string {
  const spelled = Array.from(ids, (id) => [...(bytes[id] ?? new TextEncoder().encode(SPECIAL))]);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(spelled.flat()));
}

describe.each([
  'byte_level',
  'byte_level_split',
  'sentencepiece_bpe',
  'metaspace_bpe',
  'gemma_bpe',
  'unigram',
])('a tokenizer.json of kind %s', (kind) => {
  it('spells texts with the bytes of its tokens', async () => {
    const tokenizer = hfTokenizer(await readFixture(`tiny_tokenizers/${kind}/tokenizer.json`));
    const { samples } = await readFixture<Ids>(`tiny_tokenizers/${kind}/ids.json`);
    const bytes = await tokenBytes(tokenizer);
    expect(bytes).toHaveLength(tokenizer.vocabSize);
    // In the middle of a text, no space is dropped.
    const before = [...tokenizer.encode('a')];
    const start = tokenizer.decode(before);
    let compared = 0;
    for (const [, ids] of samples) {
      const spelled = textOf(bytes, ids);
      if (spelled.includes(SPECIAL)) continue;
      expect(start + spelled).toBe(tokenizer.decode([...before, ...ids]));
      compared++;
    }
    expect(compared).toBeGreaterThan(15);
  });

  it('has no bytes for special tokens', async () => {
    const bytes = await tokenBytes(hfTokenizer(await readFixture(`tiny_tokenizers/${kind}/tokenizer.json`)));
    expect(bytes.slice(0, 5)).toEqual(Array(5).fill(undefined));
  });
});

it('refuses a tokenizer whose tokens say something else next to others', async () => {
  const tokenizer = hfTokenizer(await readFixture('tiny_tokenizers/wordpiece/tokenizer.json'));
  await expect(tokenBytes(tokenizer)).rejects.toMatchObject({
    code: 'UNSUPPORTED_MODEL',
    message: expect.stringContaining('WordPiece'),
  });
});

it("spells texts with attune's own tokenizers", async () => {
  const text = 'Ein Kätzchen 🐈, "née" {1}\n';
  for (const tokenizer of [byteTokenizer(), charTokenizer(text), await gpt2Tokenizer()]) {
    const bytes = await tokenBytes(tokenizer);
    expect(bytes).toHaveLength(tokenizer.vocabSize);
    expect(textOf(bytes, tokenizer.encode(text))).toBe(text);
  }
  expect((await tokenBytes(await gpt2Tokenizer()))[50256]).toBeUndefined();
});
