import { Random } from '@attune/core';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { hardText } from '../testing/hard-text.js';
import { byteTokenizer, charTokenizer, gpt2Tokenizer, tokenizerJson, type Tokenizer } from './index.js';

/** The tokenizer as another library reads it. */
async function elsewhere(tokenizer: Tokenizer): Promise<HuggingFaceTokenizer> {
  const files = await tokenizerJson(tokenizer.toJSON());
  // By way of a file's text.
  const { 'tokenizer.json': json, 'tokenizer_config.json': config } = JSON.parse(JSON.stringify(files));
  return new HuggingFaceTokenizer(json, config);
}

// The library takes the name of a special token for the token, wherever it stands.
const texts = Array.from({ length: 60 }, (_, seed) =>
  hardText(new Random(seed), 40).replaceAll('<|endoftext|>', ''),
);

test.each<[string, () => Tokenizer | Promise<Tokenizer>]>([
  ['char', () => charTokenizer(texts.join(''))],
  ['bytes', byteTokenizer],
  ['gpt2', gpt2Tokenizer],
])('%s has a tokenizer.json that gives the same ids, and the same text for them', async (_, make) => {
  const tokenizer = await make();
  const other = await elsewhere(tokenizer);
  expect(other.get_vocab(true).size).toBe(tokenizer.vocabSize);
  for (const text of texts) {
    const ids = Array.from<number>(tokenizer.encode(text));
    expect(other.encode(text).ids).toEqual(ids);
    expect(other.decode(ids)).toBe(tokenizer.decode(ids));
  }
});

test("GPT-2's end of a text is one token, which need not be shown", async () => {
  const other = await elsewhere(await gpt2Tokenizer());
  expect(other.encode('The end.<|endoftext|>').ids.at(-1)).toBe(50256);
  expect(other.decode([464, 886, 50256], { skip_special_tokens: true })).toBe('The end');
});

test('what came from a tokenizer.json needs no other', async () => {
  const files = { tokenizer: 'tokenizer.json' };
  expect(await tokenizerJson({ kind: 'huggingface', files })).toBeUndefined();
});
