import { byteTokenizer, charTokenizer } from '@attune/data';
import { chatLogprobs } from './logprobs.js';
import { bytesOf, spellingsOf } from './token-texts.js';

test('tokens of a chat have their bytes, each of them where a character has several', async () => {
  const tokenizer = byteTokenizer();
  const tokens = [0xc3, 0xbc].map((token) => ({ token, logprob: -1, top: [] }));
  const { content } = chatLogprobs(tokenizer, await spellingsOf(tokenizer), tokens);
  expect(content.map(({ bytes }) => bytes)).toEqual([[0xc3], [0xbc]]);
});

test('where the tokenizer does not say them, they are those of the text, and null for a part of a character', () => {
  expect(bytesOf([], { token: 1, text: 'ü' })).toEqual([0xc3, 0xbc]);
  expect(bytesOf([], { token: 1, text: '\ufffd' })).toBeNull();
});

test('they are found once', async () => {
  const tokenizer = charTokenizer('aü');
  expect(spellingsOf(tokenizer)).toBe(spellingsOf(tokenizer));
  expect((await spellingsOf(tokenizer))[1]).toEqual(Uint8Array.of(0xc3, 0xbc));
});
