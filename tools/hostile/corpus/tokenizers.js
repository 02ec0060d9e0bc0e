/** `tokenizer.json` and what stands beside it: expressions that take long, ids and lengths that are lies. */
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deep, edit, ESCAPES, makePipe, replace } from './files.js';

const file = ({ work }) => join(work, 'model', 'tokenizer.json');
const change = (make) => (places) => edit(file(places), make);
const set = (values) => change((document) => ({ ...document, ...values }));
const model = (values) => change((document) => ({ ...document, model: { ...document.model, ...values } }));

/** Text on which expressions that go back take long. */
const bait = ({ work }) => {
  writeFileSync(
    join(work, 'book.txt'),
    `${'a'.repeat(20_000)}!${' '.repeat(20_000)}x${'ab'.repeat(5000)}\n`.repeat(2),
  );
  const row = JSON.stringify({ prompt: 'a'.repeat(40), completion: `${'a'.repeat(30)}!` });
  writeFileSync(join(work, 'rows.jsonl'), `${row}\n`.repeat(3));
};

const expressions = {
  'nested pluses': '(a+)+b',
  'a count with zeros': '(a+){00000000000000000000000001,}b',
  'counts of counts': '(((a+){4}){4}){4}b',
  'counts that multiply': '((a{1,1000}){1,1000}){1,1000}',
  'dots and stars': '.*.*.*.*.*.*.*.*=',
  'dots and stars with lines': '(.|\\n)*(.|\\n)*(.|\\n)*(.|\\n)*=',
  'alternatives that overlap': '(a|a|a|a)*b',
  'alternatives that nest': '(a|b|ab)*c',
  'blanks that go back': '\\s*\\s*\\s*\\s*\\s*\\s*x!',
  'looking ahead': '(?=(a+)+b)a',
  'looking behind': '(?<=(a+)+)b',
  'a back reference': '(a*)\\1\\1\\1\\1b',
  'a named back reference': '(?<x>a*)\\k<x>\\k<x>\\k<x>b',
  'classes that overlap': '[\\p{L}a-z]+[\\p{L}a-z]+[\\p{L}a-z]+[\\p{L}a-z]+!!',
  'lazy repetition': '(a+?)+?b',
  'optional repetition': `${'a?'.repeat(30)}${'a'.repeat(30)}b`,
  'a count of 10^9': 'a{1000000000}',
  'an expression of 5 MB': '(a|b)'.repeat(1_000_000),
  'groups, 100,000 deep': `${'('.repeat(100_000)}a${')'.repeat(100_000)}`,
  'a broken one': '((((',
  'one of escapes': `(${ESCAPES}`,
  'one that matches nothing': '',
  'one that is empty everywhere': '(?:)*',
  'a class of 10^6': `[${'a-z'.repeat(300_000)}]`,
};

const withPattern = (Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });

const shapes = {
  'an id of 382,000,000': change((document) => void (document.model.vocab['zzz'] = 382_000_000)),
  'an id of 2^53': change((document) => void (document.model.vocab['zzz'] = 2 ** 53)),
  'a negative id': change((document) => void (document.model.vocab['zzz'] = -1)),
  'half an id': change((document) => void (document.model.vocab['zzz'] = 0.5)),
  'an id as text': change((document) => void (document.model.vocab['zzz'] = '5')),
  'an id that two have': change((document) => void (document.model.vocab['zzz'] = 3)),
  'no vocabulary': model({ vocab: {} }),
  'a vocabulary that is a list': model({ vocab: [] }),
  'a vocabulary of nulls': model({ vocab: null }),
  'a million tokens': change((document) => {
    for (let i = 0; i < 1_000_000; i++) document.model.vocab[`t${i}`] = 300 + i;
  }),
  'a token of 20 MB': change((document) => void (document.model.vocab['x'.repeat(20_000_000)] = 280)),
  'tokens of escapes': change((document) => {
    document.model.vocab = Object.fromEntries(
      Object.entries(document.model.vocab).map(([token, id]) => [id > 5 ? `${ESCAPES}${token}` : token, id]),
    );
  }),
  'the prototype as token': change((document) =>
    JSON.stringify(document).replace(
      '"vocab":{',
      '"vocab":{"__proto__":280,"constructor":281,"toString":282,',
    ),
  ),
  'merges of nothing': model({ merges: 'a b' }),
  'merges of unknown tokens': model({ merges: [['zz', 'yy'], 'q', ['a'], null, 5] }),
  'a million merges': change(
    (document) =>
      void (document.model.merges = Array(1_000_000).fill(document.model.merges[0] ?? ['a', 'b'])),
  ),
  'a chain of merges': change((document) => {
    document.model.merges = [];
    for (let i = 1; i < 3000; i++) {
      document.model.vocab['a'.repeat(i + 1)] = 300 + i;
      document.model.merges.push(['a'.repeat(i), 'a']);
    }
  }),
  'a model of another kind': model({ type: ESCAPES }),
  'the prototype as model': model({ type: '__proto__' }),
  'an unknown token that is none': model({ unk_token: 'zzz', byte_fallback: true, fuse_unk: true }),
  'a dropout of 7': model({ dropout: 7 }),
  'a prefix of 10 MB': model({ continuing_subword_prefix: 'x'.repeat(10_000_000) }),
  'added tokens of 10^5': set({
    added_tokens: Array.from({ length: 100_000 }, (_, id) => ({
      id: 300 + id,
      content: `<${id}>`,
      special: true,
    })),
  }),
  'added tokens of 10^5 beginnings': set({
    added_tokens: Array.from({ length: 20_000 }, (_, id) => ({
      id: 300 + id,
      content: 'a'.repeat(1 + (id % 3000)),
      special: true,
    })),
  }),
  'an added token of nothing': set({
    added_tokens: [{ id: 300, content: '', special: true, lstrip: true, rstrip: true }],
  }),
  'an added token of 10^9': set({ added_tokens: [{ id: 1e9, content: '<x>', special: true }] }),
  'an added token below zero': set({ added_tokens: [{ id: -5, content: '<x>', special: true }] }),
  'added tokens of nulls': set({ added_tokens: [null, 5, {}, { id: null, content: null }] }),
  'added tokens of escapes': set({
    added_tokens: [{ id: 281, content: ESCAPES, special: false, normalized: true }],
  }),
  'a truncation of 10^9': set({
    truncation: { max_length: 1e9, stride: 1e9, strategy: 'LongestFirst', direction: 'Right' },
  }),
  'a padding of 10^9': set({
    padding: {
      strategy: { Fixed: 1e9 },
      pad_id: 0,
      pad_type_id: 0,
      pad_token: 'x',
      direction: 'Right',
      pad_to_multiple_of: 1e9,
    },
  }),
  'a sequence of 100,000': set({
    pre_tokenizer: { type: 'Sequence', pretokenizers: Array(100_000).fill({ type: 'Whitespace' }) },
  }),
  'a sequence in sequences': change((document) =>
    JSON.stringify({ ...document, normalizer: 'X' }).replace(
      '"X"',
      `${'{"type":"Sequence","normalizers":['.repeat(50_000)}{"type":"NFC"}${']}'.repeat(50_000)}`,
    ),
  ),
  'a normalizer that grows': set({
    normalizer: {
      type: 'Sequence',
      normalizers: Array(40).fill({ type: 'Replace', pattern: { String: 'a' }, content: 'aa' }),
    },
  }),
  'a normalizer of empty matches': set({
    normalizer: { type: 'Replace', pattern: { Regex: '' }, content: 'x'.repeat(100_000) },
  }),
  'a normalizer that prepends 10 MB': set({
    normalizer: { type: 'Prepend', prepend: 'x'.repeat(10_000_000) },
  }),
  'a charsmap of zeros': set({
    normalizer: { type: 'Precompiled', precompiled_charsmap: Buffer.alloc(10_000).toString('base64') },
  }),
  'a charsmap of a lie': set({
    normalizer: {
      type: 'Precompiled',
      precompiled_charsmap: Buffer.concat([
        Buffer.from([0xff, 0xff, 0xff, 0xff]),
        Buffer.alloc(64, 0xff),
      ]).toString('base64'),
    },
  }),
  'a charsmap in a ring': set({
    normalizer: {
      type: 'Precompiled',
      precompiled_charsmap: Buffer.concat([
        Buffer.from([0, 4, 0, 0]),
        Buffer.alloc(1024, 0x11),
        Buffer.from('aaaa'),
      ]).toString('base64'),
    },
  }),
  'a charsmap that is no base64': set({ normalizer: { type: 'Precompiled', precompiled_charsmap: ESCAPES } }),
  'a decoder that grows': set({
    decoder: {
      type: 'Sequence',
      decoders: Array(40).fill({ type: 'Replace', pattern: { String: 'a' }, content: 'aa' }),
    },
  }),
  'a decoder that strips 10^9': set({ decoder: { type: 'Strip', content: 'a', start: 1e9, stop: 1e9 } }),
  'digits of nothing': set({ pre_tokenizer: { type: 'Digits', individual_digits: 'x' } }),
  'a piece of 10^9': set({ pre_tokenizer: { type: 'FixedLength', length: 1e9 } }),
  'a piece of nothing': set({ pre_tokenizer: { type: 'FixedLength', length: 0 } }),
  'a template of 100,000': set({
    post_processor: {
      type: 'TemplateProcessing',
      single: Array(100_000).fill({ SpecialToken: { id: '<s>', type_id: 0 } }),
      pair: [],
      special_tokens: { '<s>': { id: '<s>', ids: Array(1000).fill(0), tokens: Array(1000).fill('<s>') } },
    },
  }),
  'a template of unknown ids': set({
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: 'zz', type_id: 0 } }],
      pair: [],
      special_tokens: { zz: { id: 'zz', ids: [1e9], tokens: ['zz'] } },
    },
  }),
};

const unigram = {
  'scores that are none': [
    ['<unk>', 0],
    ['a', null],
    ['b', 'x'],
  ],
  'infinite scores': [
    ['<unk>', 0],
    ['a', -1e308],
    ['b', 1e308],
    ['aa', 1e400],
  ],
  'pieces that are none': [null, 5, [], {}, [5, 5]],
  'the same piece twice': [
    ['<unk>', 0],
    ['a', -1],
    ['a', -2],
  ],
  'pieces of one length each': Array.from({ length: 3000 }, (_, i) => ['a'.repeat(i + 1), -i]),
  'no pieces': [],
};

const texts = {
  empty: '',
  'a list': '[]',
  nesting: deep(500_000),
  'nesting in the model': `{"version":"1.0","model":${deep(500_000)}}`,
  'the prototype': '{"__proto__":{"model":{"type":"BPE"}}}',
  'no UTF-8': Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
  'zero bytes': Buffer.alloc(4096),
  'lone surrogates': '{"model":{"type":"BPE","vocab":{"\\ud800":0,"\\udfff":1},"merges":[]}}',
};

const beside = {
  'a length of 10^300': { model_max_length: 1e300 },
  'a length of nothing': { model_max_length: 0 },
  'a length below zero': { model_max_length: -1 },
  'a length as text': { model_max_length: ESCAPES },
  'a class of escapes': { tokenizer_class: ESCAPES },
  'tokens of objects': { bos_token: { content: { content: 'x' } }, eos_token: [], pad_token: 5 },
  'tokens of escapes': { eos_token: ESCAPES, bos_token: ESCAPES },
  'a token of 10 MB': { eos_token: 'x'.repeat(10_000_000) },
  'code of its own': { auto_map: { AutoTokenizer: ['../evil.py', null] }, trust_remote_code: true },
  'added tokens that lie': {
    added_tokens_decoder: { 1e9: { content: 'x' }, '-1': { content: 'y' }, __proto__x: null },
  },
};

const commands = [
  'prepare with a tokenizer',
  'inspect',
  'generate',
  'finetune',
  'chat',
  'evaluate',
  'export',
];

export const tokenizers = [
  {
    family: 'expression',
    commands: ['prepare with a tokenizer', 'inspect', 'generate'],
    cases: Object.entries(expressions).flatMap(([name, pattern]) => [
      {
        name: `${name} that splits`,
        write: (places) => {
          set({
            pre_tokenizer: {
              type: 'Sequence',
              pretokenizers: [
                withPattern(pattern),
                { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
              ],
            },
          })(places);
          bait(places);
        },
      },
      {
        name: `${name} that replaces`,
        write: (places) => {
          set({ normalizer: { type: 'Replace', pattern: { Regex: pattern }, content: 'a' } })(places);
          bait(places);
        },
      },
    ]),
  },
  {
    family: 'tokenizer.json',
    commands,
    cases: [
      ...Object.entries(shapes).map(([name, write]) => ({
        name,
        write: (places) => void (write(places), bait(places)),
      })),
      ...Object.entries(unigram).map(([name, vocab]) => ({
        name: `unigram: ${name}`,
        write: (places) =>
          void (model({ type: 'Unigram', vocab, unk_id: 0, merges: undefined })(places), bait(places)),
      })),
      ...Object.entries(texts).map(([name, text]) => ({
        name,
        write: (places) => writeFileSync(file(places), text),
      })),
      { name: 'a pipe', write: (places) => replace(file(places), makePipe) },
      {
        name: 'a device',
        write: (places) => replace(file(places), (path) => symlinkSync('/dev/zero', path)),
      },
      {
        name: 'files of the old kind',
        write: ({ work }) => {
          const folder = join(work, 'model');
          const { model: bpe } = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8'));
          rmSync(join(folder, 'tokenizer.json'));
          writeFileSync(join(folder, 'vocab.json'), JSON.stringify({ ...bpe.vocab, zzz: 382_000_000 }));
          writeFileSync(join(folder, 'merges.txt'), `#version: 0.2\n${'a b\n'.repeat(100_000)}a\nb c d\n`);
        },
      },
    ],
  },
  {
    family: 'tokenizer_config.json',
    commands,
    cases: Object.entries(beside).map(([name, values]) => ({
      name,
      write: ({ work }) =>
        edit(join(work, 'model', 'tokenizer_config.json'), (document) => ({ ...document, ...values })),
    })),
  },
];
