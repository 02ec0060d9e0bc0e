import { byteLevelBpe } from '../../testing/byte-level-bpe.js';
import { hfTokenizer } from '../index.js';

// What a file of a stranger may ask for. Bounds are generous: what they stand against takes minutes, years or all memory.

const numbered = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));

const bpe = {
  version: '1.0',
  added_tokens: [] as unknown[],
  normalizer: null as unknown,
  pre_tokenizer: null as unknown,
  post_processor: null as unknown,
  decoder: null as unknown,
  model: {
    type: 'BPE',
    vocab: numbered(['a', 'b', 'aa', 'x', '=', 'é', '<unk>']),
    merges: ['a a'],
    unk_token: '<unk>',
  } as Record<string, unknown>,
};

const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });
const replace = (pattern: unknown, content: string) => ({ type: 'Replace', pattern, content });
const sequence = (key: string, steps: readonly unknown[]) => ({ type: 'Sequence', [key]: steps });
const added = (id: unknown, content: unknown, more = {}) => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  ...more,
});

/** Runs something that must end soon. */
function soon<T>(run: () => T, seconds = 20): T {
  const start = performance.now();
  try {
    return run();
  } finally {
    expect((performance.now() - start) / 1000).toBeLessThan(seconds);
  }
}

describe('patterns that JavaScript would not finish', () => {
  const PATTERNS = [
    '(a+){00000000000000000000000001,}b',
    '(((a+){4}){4}){4}b',
    '.*.*.*.*.*.*.*.*=',
    '(a+)+$',
    '(?:a|a)*b',
    '(?=(?:a+)+b)a|a+x',
  ];
  const text = 'a'.repeat(100_000);

  it.each(PATTERNS)('%s', (pattern) => {
    const tokenizer = hfTokenizer({ ...bpe, pre_tokenizer: split(pattern) });
    for (const end of ['', 'b', '=', 'x']) {
      const ids = soon(() => tokenizer.encode(text + end));
      expect(ids.length).toBeGreaterThanOrEqual(50_000);
    }
    const normalizer = replace({ Regex: pattern }, 'é');
    soon(() =>
      hfTokenizer({
        ...bpe,
        normalizer,
        added_tokens: [added(6, text.slice(0, 4000), { normalized: true })],
      }).encode(text),
    );
    const decoder = replace({ Regex: pattern }, '');
    const decoding = hfTokenizer({
      ...bpe,
      decoder,
      model: { ...bpe.model, vocab: { ['a'.repeat(4000)]: 0 } },
    });
    soon(() => decoding.decode([0, 0, 0]));
  });

  it.each(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'])(
    'split as %s',
    (behavior) => {
      for (const invert of [true, false]) {
        const tokenizer = hfTokenizer({ ...bpe, pre_tokenizer: { ...split('(a+)+b'), behavior, invert } });
        expect(soon(() => tokenizer.encode(text)).length).toBe(behavior === 'Removed' && invert ? 0 : 50_000);
      }
    },
  );

  it('strip space that is not at the end', () => {
    const tokenizer = hfTokenizer({
      ...bpe,
      normalizer: { type: 'Strip', strip_left: true, strip_right: true },
    });
    expect([...soon(() => tokenizer.encode(`  a${' '.repeat(100_000)}a  `))]).toHaveLength(100_002);
  });

  it.each([
    ['a back reference', String.raw`(a)\1`, 'refers to what a group matched'],
    ['a repetition that gives nothing back', 'a++a', 'gives nothing back'],
    ['a group that gives nothing back', '(?>a|ab)c*d', 'gives nothing back'],
    ['a number of repetitions', '(a{1000}){1000}', 'instructions'],
    ['nesting', `${'('.repeat(500)}a${')'.repeat(500)}`, 'nest'],
    ['length', 'a'.repeat(5000), 'has 5000 characters'],
  ])('refuses %s by name', (_, pattern, reason) => {
    const refuse = () => hfTokenizer({ ...bpe, pre_tokenizer: split(pattern) });
    expect(refuse).toThrow(expect.objectContaining({ code: 'FILE_CORRUPT' }));
    expect(refuse).toThrow(reason);
    try {
      refuse();
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(400);
    }
  });
});

describe('sizes', () => {
  const many = Array.from({ length: 600_000 }, (_, i) => `t${i}`);
  it.each([
    [
      'an id beyond all tokens',
      { ...bpe, model: { ...bpe.model, vocab: { a: 382_000_000 } } },
      'too high for 1 tokens',
    ],
    ['a negative id', { ...bpe, model: { ...bpe.model, vocab: { a: -1 } } }, 'the id of "a" is -1'],
    ['half an id', { ...bpe, model: { ...bpe.model, vocab: { a: 0.5 } } }, 'the id of "a" is 0.5'],
    ['an id as a text', { ...bpe, model: { ...bpe.model, vocab: { a: '7' } } }, 'the id of "a" is "7"'],
    ['an added id', { ...bpe, added_tokens: [added(2 ** 40, 'x')] }, 'too high'],
    ['an added token that is none', { ...bpe, added_tokens: [added(1, { length: 1e9 })] }, 'no number'],
    ['a negative length', { ...bpe, pre_tokenizer: { type: 'FixedLength', length: -1 } }, 'length of -1'],
    ['a length of 0', { ...bpe, pre_tokenizer: { type: 'FixedLength', length: 0 } }, 'length of 0'],
    [
      'a long token',
      { ...bpe, model: { ...bpe.model, vocab: { ['a'.repeat(10_000)]: 0 } } },
      '10000 characters',
    ],
    ['many tokens', { ...bpe, model: { ...bpe.model, vocab: numbered(many) } }, 'has 600000 tokens'],
    ['a long mark', { ...bpe, pre_tokenizer: { type: 'Metaspace', replacement: '▁▁' } }, 'not one character'],
    [
      'many steps',
      { ...bpe, normalizer: sequence('normalizers', new Array(5000).fill({ type: 'NFC' })) },
      'more than 1000 steps',
    ],
    [
      'bytes of bytes',
      {
        ...bpe,
        pre_tokenizer: sequence('pretokenizers', new Array(40).fill({ type: 'ByteLevel', use_regex: false })),
      },
      'more than twice',
    ],
    ['an unknown id', { ...bpe, model: { type: 'Unigram', unk_id: 10 ** 9, vocab: [['a', 0]] } }, 'unk_id'],
    ['no score', { ...bpe, model: { type: 'Unigram', vocab: [['a', null]] } }, 'score'],
  ])('refuses %s', (_, file, reason) => {
    expect(() => soon(() => hfTokenizer(file), 5)).toThrow(reason);
    expect(() => hfTokenizer(file)).toThrow(expect.objectContaining({ code: 'FILE_CORRUPT' }));
  });

  it('refuses steps that nest without end', () => {
    let step: unknown = { type: 'NFC' };
    for (let i = 0; i < 5000; i++) step = sequence('normalizers', [step]);
    expect(() => hfTokenizer({ ...bpe, normalizer: step })).toThrow('nest deeper');
  });

  it('takes ids with gaps, and a length as long as any text', () => {
    const vocab = { a: 0, b: 60_000 };
    const tokenizer = hfTokenizer({
      ...bpe,
      model: { ...bpe.model, vocab, merges: [] },
      pre_tokenizer: { type: 'FixedLength', length: 1e9 },
    });
    expect([...tokenizer.encode('ab')]).toEqual([0, 60_000]);
    expect(tokenizer.vocabSize).toBe(60_001);
  });
});

describe('texts that would grow without bounds', () => {
  const doubling = [replace({ String: 'a' }, 'bb'), replace({ String: 'b' }, 'aa')];
  const doublings = new Array(20).fill(doubling).flat();

  it('when they are normalized', () => {
    const tokenizer = hfTokenizer({ ...bpe, normalizer: sequence('normalizers', doublings) });
    expect(() => soon(() => tokenizer.encode('ab'.repeat(1000)))).toThrow('far longer than it was');
  });

  it('when an added token is normalized, as the file is read', () => {
    const file = {
      ...bpe,
      normalizer: sequence('normalizers', doublings),
      added_tokens: [added(6, 'ab', { normalized: true })],
    };
    expect(() => soon(() => hfTokenizer(file))).toThrow('far longer than it was');
  });

  it('when they are decoded', () => {
    const tokenizer = hfTokenizer({ ...bpe, decoder: sequence('decoders', doublings) });
    expect(() => soon(() => tokenizer.decode([0, 0]))).toThrow('far longer than it was');
    const spaced = hfTokenizer({
      ...bpe,
      decoder: sequence('decoders', new Array(40).fill({ type: 'BPEDecoder', suffix: '' })),
    });
    expect(() => soon(() => spaced.decode([0, 0, 0]))).toThrow('far longer than it was');
  });

  it('when one replacement is long', () => {
    const normalizer = replace({ String: 'a' }, 'b'.repeat(1_000_000));
    expect(() => soon(() => hfTokenizer({ ...bpe, normalizer }).encode('a'.repeat(100_000)))).toThrow(
      'far longer',
    );
  });

  it('when a template repeats them', () => {
    const twice = { Sequence: { id: 'A', type_id: 0 } };
    const template = { type: 'TemplateProcessing', single: [twice, twice], pair: [], special_tokens: {} };
    const processors = new Array(40).fill(template);
    const tokenizer = hfTokenizer({ ...bpe, post_processor: { type: 'Sequence', processors } });
    expect([...soon(() => tokenizer.encode('ab'))]).toEqual([0, 1]);
  });
});

describe('words without end', () => {
  const long = 'a'.repeat(300_000);

  it('BPE', () => {
    let token = 'a';
    const vocab: Record<string, number> = { a: 0 };
    const merges: unknown[] = [];
    for (let i = 1; i < 10; i++) {
      merges.push([token, token]);
      token += token;
      vocab[token] = i;
    }
    for (const ignore of [true, false]) {
      const tokenizer = hfTokenizer({ ...bpe, model: { type: 'BPE', vocab, merges, ignore_merges: ignore } });
      expect(soon(() => tokenizer.encode(long)).length).toBeLessThan(600);
    }
    const bytes = hfTokenizer(byteLevelBpe({ type: 'ByteLevel', add_prefix_space: false, use_regex: true }));
    expect(bytes.decode(soon(() => bytes.encode(long)))).toBe(long);
  });

  it('BPE of what is unknown', () => {
    for (const fuse of [true, false]) {
      const tokenizer = hfTokenizer({ ...bpe, model: { ...bpe.model, fuse_unk: fuse } });
      expect(soon(() => tokenizer.encode('日'.repeat(200_000))).length).toBe(fuse ? 1 : 200_000);
    }
  });

  it('Unigram', () => {
    const vocab = [
      ['<unk>', 0],
      ...Array.from({ length: 200 }, (_, i) => ['a'.repeat(i + 1), -1 - i / 1000]),
    ];
    const empty = new Array(100_000).fill(['', -1]);
    const tokenizer = hfTokenizer({
      ...bpe,
      model: { type: 'Unigram', unk_id: 0, vocab: [...vocab, ...empty] },
    });
    expect(soon(() => tokenizer.encode(long)).length).toBe(1500);
    expect([...soon(() => tokenizer.encode('日'.repeat(200_000)))]).toEqual([0]);
  });

  it('WordPiece', () => {
    const vocab = numbered(['[UNK]', 'a', '##a', `a${'a'.repeat(500)}b`, `##${'a'.repeat(500)}b`]);
    const model = { type: 'WordPiece', vocab, unk_token: '[UNK]', continuing_subword_prefix: '##' };
    const tokenizer = hfTokenizer({ ...bpe, model: { ...model, max_input_chars_per_word: 10 ** 9 } });
    expect(soon(() => tokenizer.encode('a'.repeat(30_000))).length).toBe(30_000);
    expect([...soon(() => hfTokenizer({ ...bpe, model }).encode(long))]).toEqual([0]);
  });

  it('100,000 added tokens, single words, an empty one among them', () => {
    const tokens = Array.from({ length: 100_000 }, (_, i) =>
      added(7 + i, i === 5 ? '' : `<${i}>`, { single_word: i % 2 === 0 }),
    );
    const tokenizer = soon(() =>
      hfTokenizer(
        { ...bpe, added_tokens: tokens },
        { additional_special_tokens: tokens.map(({ content }) => content) },
      ),
    );
    expect([...tokenizer.encode('a<99999>b <2>')]).toEqual([0, 100_006, 1, 6, 9]);
  });
});
