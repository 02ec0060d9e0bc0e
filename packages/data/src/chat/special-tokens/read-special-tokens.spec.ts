import { readFixture } from '../../testing/fixture.js';
import { readSpecialTokens } from '../index.js';

const added = ['<s>', '</s>', '<pad>', '<|end|>'].map((content, id) => ({ id, content, special: true }));
const begins = (token: string, id: number) => ({
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
});
const tokenizerJson = { added_tokens: added, model: { type: 'BPE', vocab: { '<unk>': 9, a: 10 } } };

describe('the special tokens of a model', () => {
  it('are named by text, as a string or as an object', () => {
    const tokens = readSpecialTokens({
      tokenizerJson,
      tokenizerConfig: { bos_token: { content: '<s>', lstrip: false }, unk_token: '<unk>', pad_token: null },
      specialTokensMap: { eos_token: '</s>', pad_token: '<pad>', bos_token: '<|end|>' },
    });
    expect(tokens).toMatchObject({ bos: 0, eos: 1, eosIds: [1], pad: 2, padId: 2, unk: 9, addBos: false });
    expect(tokens.names).toEqual({
      bos_token: '<s>',
      eos_token: '</s>',
      pad_token: '<pad>',
      unk_token: '<unk>',
    });
    expect([...tokens.texts]).toEqual([...added.map(({ content, id }) => [content, id]), ['<unk>', 9]]);
  });

  it('are several where generation ends at several', () => {
    const files = { tokenizerJson, tokenizerConfig: { eos_token: '</s>' } };
    expect(readSpecialTokens({ ...files, generationConfig: { eos_token_id: [3, 1] } })).toMatchObject({
      eos: 1,
      eosIds: [1, 3],
    });
    expect(readSpecialTokens({ ...files, config: { eos_token_id: 3 } }).eosIds).toEqual([1, 3]);
  });

  it('are taken by id only where the id is a special token', () => {
    const config = { bos_token_id: 0, eos_token_id: 10, pad_token_id: 2 };
    const tokens = readSpecialTokens({ tokenizerJson, config });
    expect(tokens).toMatchObject({ bos: 0, eosIds: [], pad: 2 });
    expect(tokens.eos).toBeUndefined();
  });

  it.each([
    ['</s>', 'ends answers', 1],
    ['<s>', 'begins rows', 0],
    ['<unk>', 'stands for unknown text', 9],
  ])('have no padding token of their own if it is %s', (text, padShared, padId) => {
    const names = { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', pad_token: text };
    const tokens = readSpecialTokens({ tokenizerJson, tokenizerConfig: names });
    expect(tokens).toMatchObject({ padShared, padId });
    expect(tokens.pad).toBeUndefined();
  });

  it('are those of the class of the tokenizer where no file names them', () => {
    const read = (tokenizerConfig?: object, config?: object) =>
      readSpecialTokens({ tokenizerJson, tokenizerConfig, config }).names;
    const llama = { bos_token: '<s>', eos_token: '</s>' };
    expect(read({ tokenizer_class: 'LlamaTokenizerFast' })).toEqual(llama);
    expect(read({ tokenizer_class: 'LlamaTokenizer', bos_token: null, eos_token: '<|end|>' })).toEqual({
      eos_token: '<|end|>',
    });
    // Not in this vocabulary.
    expect(read({}, { model_type: 'gpt2' })).toEqual({});
    expect(read({ tokenizer_class: 'constructor' })).toEqual({});
    const gpt2 = { model: { type: 'BPE', vocab: { '<|endoftext|>': 7 } } };
    expect(readSpecialTokens({ tokenizerJson: gpt2, config: { model_type: 'gpt2' } })).toMatchObject({
      bos: 7,
      eos: 7,
      addBos: false,
    });
  });

  it('fill rows with something where no padding token is named', () => {
    expect(readSpecialTokens({ tokenizerJson, tokenizerConfig: { eos_token: '</s>' } }).padId).toBe(1);
    expect(readSpecialTokens({ tokenizerJson })).toMatchObject({ padId: 0, eosIds: [] });
  });

  it('are looked for in every kind of vocabulary', () => {
    const unigram = {
      model: {
        type: 'Unigram',
        vocab: [
          ['<unk>', 0],
          ['</s>', 0],
        ],
      },
    };
    expect(readSpecialTokens({ tokenizerJson: unigram, tokenizerConfig: { eos_token: '</s>' } }).eos).toBe(1);
    const decoder = { eos_token: '<|x|>', added_tokens_decoder: { '77': { content: '<|x|>' } } };
    expect(readSpecialTokens({ tokenizerJson, tokenizerConfig: decoder }).eos).toBe(77);
  });

  it.each<[string, object]>([
    ['of thousands of characters', { bos_token: 'x'.repeat(1025) }],
    [
      'in thousands',
      {
        extra_special_tokens: Object.fromEntries(
          added.concat(Array(1025).fill(added[0])).map(({ content }, i) => [`t${i}`, content]),
        ),
      },
    ],
  ])('are not read %s', (_, tokenizerConfig) => {
    expect(() => readSpecialTokens({ tokenizerJson, tokenizerConfig })).toThrow(/but at most 1024 are read/);
  });

  it('must be tokens', () => {
    const read = () => readSpecialTokens({ tokenizerJson, tokenizerConfig: { eos_token: '<end>' } });
    expect(read).toThrow(expect.objectContaining({ code: 'FILE_CORRUPT', data: { token: '<end>' } }));
  });
});

describe('the token that begins a text', () => {
  const named = { bos_token: '<s>' };
  const addBos = (post_processor: unknown, tokenizerConfig: object = named) =>
    readSpecialTokens({ tokenizerJson: { ...tokenizerJson, post_processor }, tokenizerConfig }).addBos;

  it('is added by the post-processor', () => {
    expect(addBos(begins('<s>', 0))).toBe(true);
    expect(addBos({ type: 'Sequence', processors: [{ type: 'ByteLevel' }, begins('<s>', 0)] })).toBe(true);
    expect(addBos({ type: 'RobertaProcessing', sep: ['</s>', 1], cls: ['<s>', 0] })).toBe(true);
    expect(addBos(null)).toBe(false);
    expect(addBos({ type: 'ByteLevel' })).toBe(false);
    expect(
      addBos({ type: 'TemplateProcessing', single: [{ Sequence: { id: 'A' } }], special_tokens: {} }),
    ).toBe(false);
  });

  it.each(['byte_level', 'byte_level_split', 'metaspace_bpe', 'gemma_bpe', 'wordpiece'])(
    'is the one transformers puts first: %s',
    async (kind) => {
      const json = await readFixture(`tiny_tokenizers/${kind}/tokenizer.json`);
      const { first } = await readFixture<{ first: number | null }>(`tiny_tokenizers/${kind}/ids.json`);
      const { bos, addBos } = readSpecialTokens({ tokenizerJson: json });
      expect({ addBos, bos }).toEqual({ addBos: first !== null, bos: first ?? undefined });
    },
  );

  it('is added or not as tokenizer_config.json says, whatever the post-processor', () => {
    expect(addBos(null, { ...named, add_bos_token: true })).toBe(true);
    expect(addBos(begins('<s>', 0), { ...named, add_bos_token: false })).toBe(false);
    expect(addBos(begins('<s>', 0), { ...named, add_eos_token: true })).toBe(false);
    expect(addBos(null, { add_bos_token: true })).toBe(false);
  });

  it('has a name even where only the post-processor knows it', () => {
    const json = { ...tokenizerJson, post_processor: begins('<s>', 0) };
    expect(readSpecialTokens({ tokenizerJson: json })).toMatchObject({ bos: 0, addBos: true });
  });
});
