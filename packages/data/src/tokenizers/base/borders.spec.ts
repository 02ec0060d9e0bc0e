import { Random } from '@attune/core';
import { addedToken, byteLevelBpe, LLAMA_3_PATTERN, preTokenizers } from '../../testing/byte-level-bpe.js';
import { hardText } from '../../testing/hard-text.js';
import { byteTokenizer, charTokenizer, gpt2Tokenizer, hfTokenizer, type Tokenizer } from '../index.js';

/** Borders of a text: of the text, of what is before its last border, and so on. */
function bordersOf(tokenizer: Tokenizer, text: string): number[] {
  const borders: number[] = [];
  for (let border = tokenizer.lastBorder!(text); border > 0;) {
    borders.push(border);
    border = tokenizer.lastBorder!(text.slice(0, border));
    if (border === borders.at(-1)) break;
  }
  return borders;
}

describe('lastBorder', () => {
  const nfc = { normalizer: { type: 'NFC' } };
  const tokenizers: [string, () => Tokenizer | Promise<Tokenizer>][] = [
    ['bytes', byteTokenizer],
    ['gpt2', gpt2Tokenizer],
    ...Object.entries(preTokenizers).map(([name, json]): [string, () => Tokenizer] => [
      `a tokenizer.json like ${name}'s`,
      () => hfTokenizer(byteLevelBpe(json, name === 'Qwen 2' ? nfc : {})),
    ]),
  ];

  it.each(tokenizers)('never changes the ids of hard texts: %s', async (_name, make) => {
    const tokenizer = await make();
    const random = new Random(7);
    let borders = 0;
    for (let n = 0; n < 150; n++) {
      const text = hardText(random, 2 + random.integer(25));
      const whole = [...tokenizer.encode(text)];
      for (const border of bordersOf(tokenizer, text)) {
        borders++;
        const parts = [text.slice(0, border), text.slice(border)];
        const ids = parts.flatMap((part) => [...tokenizer.encode(part)]);
        expect([text, border, ids]).toEqual([text, border, whole]);
      }
    }
    expect(borders).toBeGreaterThan(100);
  });

  it('matters: at other places, the ids do change', async () => {
    const tokenizer = await gpt2Tokenizer();
    const ids = (text: string) => [...tokenizer.encode(text)];
    for (const [left, right] of [
      ['a ', 'b'],
      ['a\n', '\n'],
      ["I'", 'm'],
    ] as const)
      expect([...ids(left), ...ids(right)]).not.toEqual(ids(left + right));
    const llama = hfTokenizer(byteLevelBpe(preTokenizers['Llama 3']));
    expect([...llama.encode('a.'), ...llama.encode('\n ')]).not.toEqual([...llama.encode('a.\n ')]);
  });

  it('is the end of the text for characters and bytes', () => {
    expect(charTokenizer('ab😀').lastBorder!('a😀')).toBe(3);
    expect(byteTokenizer().lastBorder!('a😀')).toBe(3);
  });

  it('is 0 where there is none', async () => {
    const tokenizer = await gpt2Tokenizer();
    for (const text of ['', ' ', '   \n\n', 'word', '  word', '\u0085 x'])
      expect([text, tokenizer.lastBorder!(text)]).toEqual([text, 0]);
  });

  const bytes = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
  const split = (pattern: string) => ({ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated' });
  it.each<[string, object, object?]>([
    ['no pre-tokenizer', byteLevelBpe(null)],
    ['a space before every text', byteLevelBpe({ ...bytes, add_prefix_space: true })],
    [
      'a pattern nobody looked at',
      byteLevelBpe({ type: 'Sequence', pretokenizers: [split('a b|.'), bytes] }),
    ],
    ['bytes that are not split', byteLevelBpe({ ...bytes, use_regex: false })],
    [
      'another behaviour',
      byteLevelBpe({
        type: 'Sequence',
        pretokenizers: [{ ...split(LLAMA_3_PATTERN), behavior: 'MergedWithNext' }, bytes],
      }),
    ],
    [
      'another normalizer',
      byteLevelBpe(bytes, { normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '_' } }),
    ],
    ['an added token with a space', byteLevelBpe(bytes, { added_tokens: [addedToken(900, 'a b')] })],
    [
      'an added token that takes spaces',
      byteLevelBpe(bytes, { added_tokens: [addedToken(900, 'x', { rstrip: true })] }),
    ],
  ])('is not offered for %s', (_what, json) => {
    expect(hfTokenizer(json).lastBorder).toBeUndefined();
  });

  it('is not offered if the configuration removes spaces', () => {
    expect(hfTokenizer(byteLevelBpe(bytes), {}).lastBorder).toBeDefined();
    expect(hfTokenizer(byteLevelBpe(bytes), { remove_space: true }).lastBorder).toBeUndefined();
  });
});
