import { createTokenizer, hfTokenizer } from '../index.js';

/** A byte-level BPE of ten tokens, as transformers would save it. `Ġ` is a space. */
const tokenizerJson = {
  version: '1.0',
  added_tokens: [
    {
      id: 9,
      content: '<|end|>',
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    },
  ],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: null,
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    unk_token: null,
    continuing_subword_prefix: '',
    end_of_word_suffix: '',
    fuse_unk: false,
    byte_fallback: false,
    vocab: { a: 0, b: 1, ',': 2, Ġ: 3, ab: 4, Ġab: 5, Ã: 6, '©': 7, 'Ã©': 8 },
    merges: ['a b', 'Ġ ab', 'Ã ©'],
  },
};

describe('hfTokenizer', () => {
  const tokenizer = hfTokenizer(tokenizerJson, {});

  it('encodes with the merges of the file, adding nothing', () => {
    expect([...tokenizer.encode('ab ab , baé')]).toEqual([4, 5, 3, 2, 3, 1, 0, 8]);
    expect(tokenizer.vocabSize).toBe(10);
  });

  it('decodes without cleaning up', () => {
    for (const text of ['', 'ab ab , baé', 'a <|end|> b'])
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.decode([6])).toBe('\ufffd');
  });

  it('knows special tokens in a text', () => {
    expect([...tokenizer.encode('a<|end|>')]).toEqual([0, 9]);
  });

  it('brings its files along', async () => {
    expect(tokenizer.toJSON()).toEqual({
      kind: 'huggingface',
      files: { tokenizer: 'tokenizer.json', config: 'tokenizer_config.json' },
    });
    const again = await createTokenizer(tokenizer.toJSON(), async (name) => tokenizer.files![name]);
    expect([...again.encode('ab ab')]).toEqual([4, 5]);
    expect(hfTokenizer(tokenizerJson).toJSON()).toEqual({
      kind: 'huggingface',
      files: { tokenizer: 'tokenizer.json' },
    });
    await expect(createTokenizer(tokenizer.toJSON())).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each([null, [], {}, { model: 3 }, { model: { type: 'Oracle' } }])('refuses %j', (json) => {
    expect(() => hfTokenizer(json)).toThrow(expect.objectContaining({ code: 'FILE_CORRUPT' }));
  });
});
