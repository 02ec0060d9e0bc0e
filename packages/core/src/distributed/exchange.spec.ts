import { broadcastText, exchangeNumbers, textNumber } from './exchange.js';
import { localCommunicators } from './local-communicators.js';

test('every rank has the numbers of each, in the order of ranks', async () => {
  const all = await Promise.all(
    localCommunicators(3).map((rank) => exchangeNumbers(rank, [rank.rank, -0.5])),
  );
  for (const numbers of all) {
    expect(numbers).toEqual([
      [0, -0.5],
      [1, -0.5],
      [2, -0.5],
    ]);
  }
});

test.each(['', 'plain', 'ä 漢字 🙂'])('the text %j of one rank comes to all', async (text) => {
  const sent = localCommunicators(2).map((rank) =>
    broadcastText(rank, rank.rank === 1 ? text : 'another', 1),
  );
  expect(await Promise.all(sent)).toEqual([text, text]);
});

test('different texts have different numbers, which a double holds', () => {
  const numbers = Array.from({ length: 1000 }, (_, i) => textNumber(`text ${i}`));
  expect(new Set(numbers).size).toBe(1000);
  expect(numbers.every(Number.isSafeInteger)).toBe(true);
  expect(textNumber('text 7')).toBe(numbers[7]);
});
