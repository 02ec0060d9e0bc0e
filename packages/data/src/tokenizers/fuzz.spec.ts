import { jest } from '@jest/globals';
import { isAttuneError, Random } from '@attune/core';
import { hfTokenizer } from './index.js';

/**
 * Damaged tokenizer.json files, from a seed. Whatever comes, it is an error with a code, or a tokenizer whose ids are of
 * its vocabulary and can be turned back.
 */
const ROUNDS = 5000;

const TEXT = 'the cats [UNK] sat on the <unk> mat, é日\n\n  x';

const added = (id: number, content: string) => {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return { id, content, ...flags };
};
const numbered = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));
const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const isolated = (Regex: string) => ({
  type: 'Split',
  pattern: { Regex },
  behavior: 'Isolated',
  invert: false,
});

const bpe = {
  version: '1.0',
  added_tokens: [added(18, '<unk>'), added(19, '<s>')],
  normalizer: {
    type: 'Sequence',
    normalizers: [{ type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }],
  },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      isolated(String.raw`\s+|\p{L}+`),
      { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never' },
    ],
  },
  post_processor: {
    type: 'TemplateProcessing',
    single: [special('<s>'), { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [19], tokens: ['<s>'] } },
  },
  decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    fuse_unk: true,
    byte_fallback: false,
    vocab: numbered([...'▁thecasonmx,\n', 'th', 'the', 'at', 'on', '▁the', '<unk>', '<s>']),
    merges: ['t h', 'th e', 'a t', 'o n', '▁ the'],
  },
};

const wordPiece = {
  version: '1.0',
  added_tokens: [added(0, '[UNK]')],
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: null,
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: numbered(['[UNK]', 'the', 'cat', '##s', 'sat', 'on', 'mat', ',', 'x']),
  },
};

const unigram = {
  version: '1.0',
  added_tokens: [added(0, '<unk>')],
  normalizer: { type: 'NFKC' },
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  post_processor: null,
  decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  model: {
    type: 'Unigram',
    unk_id: 0,
    vocab: [['<unk>', 0], ...[...'▁thecasonm'].map((c) => [c, -3]), ['▁the', -1]],
  },
};

const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    '',
    'x',
    '[UNK]',
    -1,
    0.5,
    3,
    2 ** 31,
    2 ** 53,
    1e308,
    [],
    {},
    [[]],
    [1],
    ['a'],
    [['a', 'b', 'c']],
  ],
  ...[
    { type: 'BPE' },
    { type: 'ByteLevel' },
    { type: '__proto__' },
    { Regex: '(' },
    { Regex: '(a+)+$' },
    { String: 1 },
  ],
];

const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)]!;

const isFilled = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** The document with up to two of its values, at any depth, replaced or left out. */
function changed(random: Random): unknown {
  const document = structuredClone(pick<object>(random, [bpe, wordPiece, unigram])) as Record<
    string,
    unknown
  >;
  for (let n = random.integer(3); n > 0; n--) {
    let at = document;
    let key = pick(random, Object.keys(at));
    for (let inner = at[key]; isFilled(inner) && random.integer(4) > 0; inner = at[key]) {
      at = inner;
      key = pick(random, Object.keys(at));
    }
    if (random.integer(4) === 0) delete at[key];
    else at[key] = structuredClone(pick(random, VALUES));
  }
  return document;
}

beforeEach(() => {
  // What the library has to say of patterns that it does not know.
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => jest.restoreAllMocks());

test(`${ROUNDS} damaged files: an error with a code, or a tokenizer that works`, () => {
  const random = new Random(7);
  let worked = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const document = changed(random);
    try {
      const tokenizer = hfTokenizer(document, {});
      const ids = Array.from(tokenizer.encode(TEXT));
      for (const id of ids) {
        expect(Number.isSafeInteger(id) && id >= 0 && id < tokenizer.vocabSize).toBe(true);
      }
      expect(typeof tokenizer.decode(ids)).toBe('string');
      worked++;
    } catch (error) {
      // Words without a token for the unknown are no fault of the file.
      if (!isAttuneError(error, 'FILE_CORRUPT') && !isAttuneError(error, 'INVALID_ARGUMENT')) {
        throw new Error(`${JSON.stringify(document)}: ${String(error)}`, { cause: error });
      }
    }
  }
  expect(worked).toBeGreaterThan(ROUNDS / 4);
  expect(worked).toBeLessThan((ROUNDS * 9) / 10);
});

/** Parts of patterns, as Oniguruma writes them, well-formed and not. */
const PARTS = [
  ...[
    'a',
    'b',
    '.',
    '\\s',
    '\\S',
    '\\w',
    '\\b',
    '\\d',
    '\\p{L}',
    '\\P{N}',
    '\\p{Han}',
    '\\h',
    '\\x{e9}',
    '\\G',
    '\\1',
  ],
  ...[
    '[^\\s\\p{L}]',
    '[a-c&&[^b]]',
    '[[:alpha:]_]',
    '[^a[bc]]',
    '[',
    ']',
    '(',
    '(?:',
    '(?i:',
    '(?>',
    '(?=',
    '(?!',
    '(?<=',
    '(?<!',
  ],
  ...[
    ')',
    ')',
    ')',
    '|',
    '*',
    '+',
    '?',
    '*?',
    '++',
    '{2}',
    '{,3}',
    '{1,4}',
    '{2,}',
    '{3}+',
    '{',
    '^',
    '$',
    '\\A',
    '\\z',
    '\\',
  ],
];

const PATTERNS = 15_000;

test(`${PATTERNS} random patterns: an error with a code, or one that comes to an end and loses nothing`, () => {
  const random = new Random(8);
  const text = 'ab a\n bé日 1aa';
  const model = { ...bpe.model, unk_token: null, merges: [], vocab: numbered([...new Set(text)]) };
  let worked = 0;
  for (let round = 0; round < PATTERNS; round++) {
    const pattern = Array.from({ length: 1 + random.integer(10) }, () => pick(random, PARTS)).join('');
    try {
      const tokenizer = hfTokenizer({
        ...bpe,
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: isolated(pattern),
        model,
      });
      if (tokenizer.decode(tokenizer.encode(text)) !== text) throw new Error('another text');
      worked++;
    } catch (error) {
      if (!isAttuneError(error, 'FILE_CORRUPT'))
        throw new Error(`${pattern}: ${String(error)}`, { cause: error });
    }
  }
  expect(worked).toBeGreaterThan(PATTERNS / 5);
});
