import { readFile } from 'node:fs/promises';
import {
  byteTokenizer,
  charTokenizer,
  createTokenizer,
  gpt2Tokenizer,
  streamDecoder,
  type Tokenizer,
} from './index.js';

const HARD = [
  '',
  'plain text',
  ' \n\t leading, trailing \r\n ',
  'naïve café — “quotes”',
  'Привет 今日は שלום',
  '😀🚀 👩\u200d🔬',
  '\ufeffbyte order mark',
  'n\u0303 and \u00f1',
  '\u0000\u0085\u2028',
];

/** Ids, whatever the array they come in. */
const ids = (tokenizer: Tokenizer, text: string) => [...tokenizer.encode(text)];

describe('charTokenizer', () => {
  it('numbers characters by code point, not by UTF-16 unit', () => {
    const tokenizer = charTokenizer('b😀～a\na');
    expect(tokenizer.toJSON()).toEqual({ kind: 'char', chars: '\nab～😀' });
    expect(tokenizer.vocabSize).toBe(5);
    expect(ids(tokenizer, 'a😀b')).toEqual([1, 4, 2]);
  });

  it('names a character it does not know, and where it is', () => {
    const encode = () => charTokenizer('abc 😀').encode('a😀 é');
    expect(encode).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', data: { char: 'é', position: 3 } }),
    );
    expect(encode).toThrow('Character 3 of the text is "é" (U+00E9)');
  });

  it('needs a text', () => {
    expect(() => charTokenizer('')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('byteTokenizer', () => {
  it('is UTF-8', () => {
    expect(ids(byteTokenizer(), 'aé€')).toEqual([0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac]);
    expect(byteTokenizer().decode([0xe2, 0x82])).toBe('\ufffd');
  });
});

describe('gpt2Tokenizer', () => {
  interface Sample {
    readonly text: string;
    readonly ids: number[];
  }
  let tokenizer: Tokenizer;
  let samples: Sample[];
  beforeAll(async () => {
    tokenizer = await gpt2Tokenizer();
    // Written with tiktoken and Hugging Face's tokenizers: see tools/reference/gpt2_bpe.py.
    const fixture = new URL('../../../backend-testkit/fixtures/gpt2_bpe/case.json', import.meta.url);
    ({ samples } = JSON.parse(await readFile(fixture, 'utf8')) as { samples: Sample[] });
  });

  it('gives the ids of the reference encoders', () => {
    expect(samples.length).toBeGreaterThan(40);
    for (const { text, ids: expected } of samples)
      expect([text, ids(tokenizer, text)]).toEqual([text, expected]);
  });

  it('gives them back', () => {
    for (const { text, ids: reference } of samples) expect(tokenizer.decode(reference)).toBe(text);
  });

  it("takes Unicode's white space, not JavaScript's", () => {
    // From tiktoken, with GPT-2's vocabulary: U+FEFF is no white space, U+0085 is.
    expect(ids(tokenizer, ' \ufeff!')).toEqual([27332, 119, 123, 0]);
    expect(ids(tokenizer, "\ufeff're")).toEqual([171, 119, 123, 6, 260]);
  });

  it('has an end-of-text token that no text contains', () => {
    expect(tokenizer.vocabSize).toBe(50257);
    expect(tokenizer.decode([50256])).toBe('<|endoftext|>');
    expect(ids(tokenizer, '<|endoftext|>')).not.toContain(50256);
    expect(tokenizer.decode(tokenizer.encode('<|endoftext|>'))).toBe('<|endoftext|>');
  });

  it('keeps nothing of an unfinished character for the next call', () => {
    const [first] = ids(tokenizer, '世');
    expect(tokenizer.decode([first!])).toBe('\ufffd');
    expect(tokenizer.decode([50256])).toBe('<|endoftext|>');
  });

  it('takes a word of many tokens', () => {
    expect(tokenizer.decode(tokenizer.encode('ab'.repeat(2000)))).toBe('ab'.repeat(2000));
  });
});

describe('every tokenizer', () => {
  let all: Tokenizer[];
  beforeAll(async () => {
    all = [charTokenizer(HARD.join('')), byteTokenizer(), await gpt2Tokenizer()];
  });

  it('decodes what it encoded', () => {
    for (const tokenizer of all)
      for (const text of HARD) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it('can be made again from its description', async () => {
    for (const tokenizer of all) {
      const again = await createTokenizer(JSON.parse(JSON.stringify(tokenizer)));
      expect(again).toMatchObject({ name: tokenizer.name, vocabSize: tokenizer.vocabSize });
      for (const text of HARD) expect(ids(again, text)).toEqual(ids(tokenizer, text));
    }
  });

  it('refuses ids that it does not have', () => {
    for (const tokenizer of all) {
      for (const id of [tokenizer.vocabSize, -1, 0.5]) {
        const error = expect.objectContaining({
          code: 'TOKEN_OUT_OF_RANGE',
          data: expect.objectContaining({ id, position: 1 }),
        });
        expect(() => tokenizer.decode([0, id])).toThrow(error);
      }
    }
  });

  it('decodes a growing text to the same text, and never half a character', () => {
    for (const tokenizer of all) {
      const decoder = streamDecoder(tokenizer);
      for (const text of HARD) {
        const pieces = [...ids(tokenizer, text).map((id) => decoder.push(id)), decoder.end()];
        expect(pieces.join('')).toBe(text);
        expect(pieces.join('|')).not.toContain('\ufffd');
      }
    }
  });
});

describe('streamDecoder', () => {
  it('passes on bytes that are no character, and an unfinished one at the end', () => {
    const bytes = [0x61, 0xff, 0xff, 0xff, 0xff, 0xff, 0x62, 0xc3];
    const decoder = streamDecoder(byteTokenizer());
    const text = bytes.map((byte) => decoder.push(byte)).join('');
    expect(text).toBe('a\ufffd\ufffd\ufffd\ufffd\ufffdb');
    expect(decoder.end()).toBe('\ufffd');
    expect(decoder.push(0x61)).toBe('a');
  });
});
