import { reusable, widelyRead } from './prompt-blocks.js';

const tokens = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

test.each([
  ['what both begin with', [...tokens(200), ...tokens(40, 900)], tokens(220), 200],
  ['so much that more than 16 are left of the block', tokens(210), tokens(206), 193],
  ['nothing of a block that is read narrowly', tokens(16), tokens(40), 0],
  ['whole blocks before one that is read narrowly', tokens(260), tokens(300), 256],
  ['all but what is read for the logits, where a block ends', tokens(257), tokens(256), 256],
  ['nothing where nothing is held', tokens(50), [], 0],
])('a prompt takes over %s', (_, prompt, held, expected) => {
  expect(reusable(prompt, held)).toBe(expected);
});

test('the narrow end of a prompt is left to it', () => {
  expect([1, 16, 17, 256, 257, 272, 273].map(widelyRead)).toEqual([0, 0, 17, 256, 256, 256, 273]);
});
