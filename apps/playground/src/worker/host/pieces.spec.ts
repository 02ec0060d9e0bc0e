import { Pieces } from './pieces.js';

test('the first piece goes at once, those within 40 ms together, and the rest at the end', () => {
  let time = 1000;
  const sent: [number, string][] = [];
  const pieces = new Pieces(
    (text) => sent.push([time, text]),
    () => time,
  );
  for (const piece of 'abcdefgh') {
    pieces.add(piece);
    time += 15;
  }
  pieces.flush();
  pieces.flush();
  expect(sent).toEqual([
    [1000, 'a'],
    [1045, 'bcd'],
    [1090, 'efg'],
    [1120, 'h'],
  ]);
});
