import type { GgufValue } from '../file/metadata.js';
import { ggufVocabulary, type GgufTokenizer } from './vocabulary.js';

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
const split = (Regex: string, rest: object = {}) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false, ...rest },
    { ...byteLevel, use_regex: false },
  ],
});
const LLAMA3 = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const QWEN2 = LLAMA3.replace('{1,3}', '');

const model = (changes: object = {}) => ({
  ...{ type: 'BPE', vocab: { a: 0, b: 1, ab: 2, ÿ: 3 }, merges: [['a', 'b']] },
  ...changes,
});
const documentOf = (changes: object = {}) => ({ model: model(), pre_tokenizer: byteLevel, ...changes });

function written(tokenizerJson: unknown, rest: Partial<GgufTokenizer> = {}, vocabSize = 4) {
  const { keys, faults } = ggufVocabulary({ tokenizerJson, ...rest }, vocabSize);
  const values = new Map(keys.map(([key, entry]) => [key, entry]));
  const get = (name: string) => (values.get(name) as GgufValue | undefined)?.value;
  return {
    get: (name: string) => get(`tokenizer.ggml.${name}`),
    faults,
    template: get('tokenizer.chat_template'),
  };
}

test('tokens, their kinds and merges, with names for rows that have no token', () => {
  const added = [
    { id: 4, content: '<|end|>', special: true },
    { id: 6, content: '[PAD5]', special: false },
  ];
  const { get, faults } = written(documentOf({ added_tokens: added }), { eosIds: [4] }, 7);
  expect(faults).toEqual([]);
  expect(get('tokens')).toEqual(['a', 'b', 'ab', 'ÿ', '<|end|>', '[[PAD5]]', '[PAD5]']);
  expect([...(get('token_type') as Int32Array)]).toEqual([1, 1, 1, 1, 3, 5, 4]);
  expect(get('merges')).toEqual(['a b']);
  expect(written(documentOf({ model: model({ merges: ['a b'] }) })).get('merges')).toEqual(['a b']);
});

test('ids of special tokens: of several that end an answer, llama.cpp is told two', () => {
  const { get } = written(documentOf(), {
    bos: 0,
    eosIds: [2, 1, 0],
    pad: 1,
    addBos: true,
    chatTemplate: '{{ x }}',
  });
  expect([get('bos_token_id'), get('eos_token_id'), get('eot_token_id')]).toEqual([0, 2, 1]);
  expect([get('padding_token_id'), get('add_bos_token')]).toEqual([1, true]);
});

test('where no token ends a text, it is the byte that no text has', () => {
  const { get } = written(documentOf());
  expect([get('bos_token_id'), get('eos_token_id'), get('eot_token_id')]).toEqual([3, 3, undefined]);
  expect(get('add_bos_token')).toBe(false);
  const without = written(documentOf({ model: model({ vocab: { a: 0, b: 1, ab: 2, c: 3 } }) }));
  expect(without.faults).toEqual(['its vocabulary of 4 has no bos_token_id, eos_token_id']);
});

test.each([
  ["GPT-2's", documentOf(), 'gpt-2'],
  [
    "Llama 3's",
    documentOf({ pre_tokenizer: split(LLAMA3), model: model({ ignore_merges: true }) }),
    'llama-bpe',
  ],
  ["Llama 3's, that merges all", documentOf({ pre_tokenizer: split(LLAMA3) }), 'smaug-bpe'],
  ["Qwen2's", documentOf({ pre_tokenizer: split(QWEN2), normalizer: { type: 'NFC' } }), 'qwen2'],
  [
    "SmolLM's",
    documentOf({
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel],
      },
    }),
    'smollm',
  ],
  [
    'bytes',
    documentOf({ model: model({ merges: [] }), pre_tokenizer: { ...byteLevel, use_regex: false } }),
    'gpt-2',
  ],
])('%s way to cut a text has a name', (_, document, name) => {
  const { get, faults } = written(document);
  expect(faults).toEqual([]);
  expect(get('pre')).toBe(name);
});

const half = JSON.parse('{"a": 0, "b": 1, "\\ud800": 2, "ÿ": 3}');

test.each<[string, unknown, RegExp]>([
  ['no tokenizer', undefined, /^it has no tokenizer$/],
  ['characters', documentOf({ pre_tokenizer: null, decoder: { type: 'Fuse' } }), /its tokens are characters/],
  ['Unigram', documentOf({ model: { type: 'Unigram', vocab: [] } }), /its tokenizer is Unigram/],
  ['something else', { model: 7 }, /its tokenizer is of no kind/],
  [
    'a pattern that is not known',
    documentOf({ pre_tokenizer: split(String.raw`\p{L}+|\P{L}`) }),
    /Split "\\\\p{L}\+/,
  ],
  [
    'what a pattern matches left out',
    documentOf({ pre_tokenizer: split(QWEN2, { behavior: 'Removed' }) }),
    /no name/,
  ],
  ['a space before', documentOf({ pre_tokenizer: { type: 'ByteLevel' } }), /add_prefix_space/],
  ['whole tokens as they are', documentOf({ model: model({ ignore_merges: true }) }), /ignore_merges/],
  ['lower case', documentOf({ normalizer: { type: 'Lowercase' } }), /changes texts.*Lowercase/],
  ['ends of words', documentOf({ model: model({ end_of_word_suffix: '</w>' }) }), /end_of_word_suffix/],
  ['merges of three', documentOf({ model: model({ merges: ['a b c'] }) }), /merges are not pairs/],
  ['merges with spaces', documentOf({ model: model({ merges: [['a ', 'b']] }) }), /merges are not pairs/],
  [
    'ids beyond the model',
    documentOf({ added_tokens: [{ id: 9, content: 'x' }] }),
    /ids up to 9, and the model a vocabulary of 4/,
  ],
  ['two of a text', documentOf({ added_tokens: [{ id: 3, content: 'a' }] }), /the same text/],
  ['half a character', documentOf({ model: model({ vocab: half }) }), /half of a character/],
])('%s: refused by name', (_, document, fault) => {
  expect(written(document).faults).toEqual([expect.stringMatching(fault)]);
});
