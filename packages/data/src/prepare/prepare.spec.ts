import { charTokenizer } from '../tokenizers/index.js';
import { parseTokenMeta, prepareText, splitText } from './index.js';

describe('splitText', () => {
  it('splits at ⌊n · (1 − valFraction)⌋ characters', () => {
    expect(splitText('0123456789', 0.1)).toEqual(['012345678', '9']);
    expect(splitText('0123456789abc', 0.1)).toEqual(['0123456789a', 'bc']);
    expect(splitText('abcd', 0.5)).toEqual(['ab', 'cd']);
    expect(splitText('abcd', 0)).toEqual(['abcd', '']);
  });

  it('counts a surrogate pair as one character', () => {
    expect(splitText('😀😀😀😀', 0.5)).toEqual(['😀😀', '😀😀']);
    expect(splitText('a😀b😀', 0.25)).toEqual(['a😀b', '😀']);
  });

  it.each([1, -0.1, NaN])('rejects a fraction of %d', (fraction) => {
    expect(() => splitText('abc', fraction)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('prepareText', () => {
  it('takes the vocabulary from the whole text, and splits before it encodes', async () => {
    const { train, val, meta, tokenizer } = await prepareText('abababababababababax', { tokenizer: 'char' });
    expect([...train]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    expect([...val]).toEqual([0, 2]);
    expect(train).toBeInstanceOf(Uint16Array);
    expect(meta).toEqual({
      format: 1,
      tokenizer: { kind: 'char', chars: 'abx' },
      dtype: 'uint16',
      vocabSize: 3,
      trainTokens: 18,
      valTokens: 2,
    });
    expect(tokenizer.decode(train)).toBe('ab'.repeat(9));
  });

  it('lets no token span both parts', async () => {
    const { train, val } = await prepareText('hello world', { tokenizer: 'gpt2', valFraction: 0.3 });
    // "hello w" and "orld", not "hello" and " world".
    expect([...train]).toEqual([31373, 266]);
    expect([...val]).toEqual([1764]);
  });

  it('splits bytes by characters too', async () => {
    const { train, val } = await prepareText('éé', { tokenizer: 'bytes', valFraction: 0.5 });
    expect([train.length, val.length]).toEqual([2, 2]);
  });

  it('stores ids of large vocabularies in 32 bits', async () => {
    const large = {
      ...charTokenizer('ab'),
      vocabSize: 70_000,
      encode: () => [69_999],
      toJSON: () => null as never,
    };
    const { train, meta } = await prepareText('ab', { tokenizer: large, valFraction: 0.5 });
    expect(train).toEqual(Uint32Array.of(69_999));
    expect(meta.dtype).toBe('uint32');
  });

  it.each([
    ['', 0.1],
    ['a', 0.1],
  ])('refuses %j, of which a part would be empty', async (text, valFraction) => {
    const prepared = prepareText(text, { tokenizer: 'bytes', valFraction });
    await expect(prepared).rejects.toMatchObject({ code: 'DATA_TOO_SHORT' });
  });
});

describe('parseTokenMeta', () => {
  it('takes what prepare writes', async () => {
    for (const tokenizer of ['char', 'bytes', 'gpt2'] as const) {
      const { meta } = await prepareText('some text to prepare', { tokenizer });
      const sha256 = { 'train.bin': '0'.repeat(64), 'val.bin': 'f'.repeat(64) };
      expect(parseTokenMeta(JSON.parse(JSON.stringify({ ...meta, sha256 })))).toEqual({ ...meta, sha256 });
    }
  });

  it('takes the least that bins of other tools need', () => {
    const meta = parseTokenMeta({ dtype: 'uint16', vocabSize: 50304, tokenizer: null });
    expect(meta).toEqual({ format: 1, dtype: 'uint16', vocabSize: 50304, tokenizer: null });
  });

  const least = { dtype: 'uint16', vocabSize: 300, tokenizer: null };
  it.each([
    [[], 'the document must be an object, but is []'],
    [{ ...least, format: 2 }, 'format must be 1, but is 2'],
    [{ vocabSize: 300 }, 'dtype must be "uint16" or "uint32", but is missing'],
    [{ ...least, dtype: 'int8' }, 'but is "int8"'],
    [{ ...least, vocabSize: 0 }, 'vocabSize must be a positive integer'],
    [{ ...least, trainTokens: -1 }, 'trainTokens must be a count'],
    [{ ...least, sha256: {} }, 'sha256["train.bin"]'],
    [{ ...least, tokenizer: 'char' }, 'tokenizer must be null or an object'],
    [{ ...least, tokenizer: { kind: 'byte' } }, 'Did you mean "bytes"?'],
    [{ ...least, tokenizer: { kind: 'char' } }, 'tokenizer.chars'],
    [{ ...least, tokenizer: { kind: 'gpt2' } }, 'vocabSize must be at least 50257'],
    [{ ...least, tokenizer: { kind: 'huggingface', files: { tokenizer: '../t.json' } } }, 'tokenizer.files'],
  ])('says what is wrong with %j', (value, message) => {
    const parse = () => parseTokenMeta(value, 'data/meta.json');
    expect(parse).toThrow(expect.objectContaining({ code: 'FILE_CORRUPT' }));
    expect(parse).toThrow('data/meta.json: ');
    expect(parse).toThrow(message);
  });
});
