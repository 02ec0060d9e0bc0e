import { charTokenizer, hfTokenizer } from '@attune/data';
import type { Generator } from '@attune/train';
import { generateTexts } from './generate-rows.js';
import { generateText } from './text-generation.js';

/** A generator that has made up its mind. */
function writes(...ids: number[]): Generator {
  return {
    async *generate() {
      yield* ids;
    },
    generateRows: () => {
      throw new Error('not used');
    },
    dispose: () => undefined,
  };
}

test('ids that the tokenizer has no text for, of a vocabulary that was rounded up, are no text', async () => {
  const tokenizer = charTokenizer('ab');
  const pieces: string[] = [];
  const options = { maxNewTokens: 4, onText: (piece: string) => void pieces.push(piece) };
  expect(await generateText(writes(0, 2, 63, 1), tokenizer, [0], options)).toEqual({
    text: 'ab',
    tokens: 4,
    finishReason: 'length',
  });
  expect(pieces.join('')).toBe('ab');
});

describe('a tokenizer that drops the space at the begin of a text, as that of Llama 2', () => {
  const tokens = ['<s>', '▁Once', '▁upon', '▁a', '▁time', '.'];
  const tokenizer = hfTokenizer({
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges: [] },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
  });
  const options = { maxNewTokens: 3 };
  const rows = (...ids: number[]): Generator => ({
    ...writes(...ids),
    async *generateRows(prompts, { stop }) {
      for (const id of ids) prompts.forEach((_, row) => stop?.([id], row));
    },
  });

  test('keeps the space after a prompt, in what is shown as it comes, too', async () => {
    const pieces: string[] = [];
    const onText = (piece: string) => void pieces.push(piece);
    const { text } = await generateText(writes(3, 4, 5), tokenizer, [0, 1, 2], { ...options, onText });
    expect(text).toBe(' a time.');
    expect(pieces).toEqual([' a', ' time', '.']);
  });

  test('begins a text of its own without one', async () => {
    const { text } = await generateText(writes(1, 2), tokenizer, [0], { ...options, before: [] });
    expect(text).toBe('Once upon');
  });

  test('finds a stop text that begins with the space', async () => {
    const stopped = await generateText(writes(3, 4, 5), tokenizer, [0, 1, 2], { ...options, stop: [' a'] });
    expect(stopped).toEqual({ text: '', tokens: 1, finishReason: 'stop' });
  });

  test('keeps it in rows that are drawn together', async () => {
    const requests = [
      { prompt: [0, 1, 2], seed: 0 },
      { prompt: [0], before: [], seed: 0 },
    ];
    const texts: string[] = [];
    for await (const [, { text }] of generateTexts(rows(3, 4), 2, tokenizer, requests, options))
      texts.push(text);
    expect(texts).toEqual([' a time', 'a time']);
  });
});
