import { charTokenizer } from '@attune/data';
import type { Generator } from '@attune/train';
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
