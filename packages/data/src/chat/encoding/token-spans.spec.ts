import { Random } from '@attune/core';
import { readFixture } from '../../testing/fixture.js';
import { hardText } from '../../testing/hard-text.js';
import { TOKENIZER_KINDS } from '../../testing/tokenizer-kinds.js';
import { byteTokenizer, hfTokenizer, type Tokenizer } from '../../tokenizers/index.js';
import { textEncoder } from './encode-text.js';
import { specialTokensOf } from '../special-tokens/special-tokens-of.js';
import { tokenSpans } from './token-spans.js';

async function tokenizerOf(kind: string): Promise<Tokenizer> {
  return hfTokenizer(await readFixture(`tiny_tokenizers/${kind}/tokenizer.json`));
}

/** Hard texts with tokens between them, and parts of them. */
function samples(count: number) {
  const random = new Random(3);
  const between = ['<|im_end|>', '<s>', '<|user|>', '<think>', '', ' ', '\n'];
  return Array.from({ length: count }, () => {
    const parts = Array.from({ length: 1 + random.integer(4) }, () =>
      hardText(random, 1 + random.integer(6)),
    );
    const text = parts.map((part) => part + between[random.integer(between.length)]!).join('');
    const [a, b] = [random.integer(text.length), random.integer(text.length)].sort((x, y) => x - y);
    return { text, span: { start: a!, end: b! + 1 } };
  });
}

describe('the tokens of a part of a text', () => {
  it('are those with a byte of it', async () => {
    // The bytes that each token of these stands for are known, and with them where it lies.
    const tokenizer = await tokenizerOf('byte_level');
    const encoder = textEncoder(tokenizer, specialTokensOf(tokenizer));
    const bytes = (text: string) => byteTokenizer().encode(text).length;
    const { model, added_tokens: added } = tokenizer.files!['tokenizer.json'] as {
      model: { vocab: Record<string, number> };
      added_tokens: { id: number; content: string }[];
    };
    const lengths = new Map(Object.entries(model.vocab).map(([token, id]) => [id, token.length]));
    for (const { id, content } of added) lengths.set(id, content.length);
    for (const { text, span } of samples(150)) {
      const isPair = (at: number) => at > 0 && text.codePointAt(at - 1)! > 0xffff;
      if (isPair(span.start) || isPair(span.end)) continue;
      const [from, to] = [bytes(text.slice(0, span.start)), bytes(text.slice(0, span.end))];
      const ids = encoder.encode(text);
      const expected: number[] = [];
      for (let i = 0, at = 0; i < ids.length; at += lengths.get(ids[i]!)!, i++) {
        if (at < to && at + lengths.get(ids[i]!)! > from) expected.push(i);
      }
      const [found] = tokenSpans(encoder, text, ids, [span]);
      const all = Array.from({ length: found!.end - found!.start }, (_, i) => found!.start + i);
      // Never one too few; where several tokens would be others if the text ended, these may be among them.
      expect([text, span, expected.filter((i) => !all.includes(i))]).toEqual([text, span, []]);
      expect(all.length - expected.length).toBeLessThanOrEqual(2);
    }
  });

  it.each(TOKENIZER_KINDS)(
    'are the same from the nearest special token on as from the begin: %s',
    async (kind) => {
      const tokenizer = await tokenizerOf(kind);
      const encoder = textEncoder(tokenizer, specialTokensOf(tokenizer));
      expect(encoder.anchors.size).toBeGreaterThan(10);
      for (const { text, span } of samples(60)) {
        const ids = encoder.encode(text);
        const near = tokenSpans(encoder, text, ids, [span]);
        const far = tokenSpans({ ...encoder, anchors: new Map() }, text, ids, [span]);
        expect([text, span, near]).toEqual([text, span, far]);
      }
    },
  );
});
