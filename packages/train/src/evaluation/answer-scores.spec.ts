import { normalizeAnswer, scoreAnswer } from './answer-scores.js';

test('case, punctuation, articles and blanks do not count', () => {
  expect(normalizeAnswer('  The  red-hot, Kite! An apple. ')).toBe('redhot kite apple');
  expect(scoreAnswer('A red kite.', 'the Red kite')).toEqual({ exactMatch: true, f1: 1 });
});

// From the definition: 2 · precision · recall / (precision + recall).
test.each([
  ['red kite', 'blue kite', 0.5],
  ['red', 'red kite', 2 / 3],
  ['kite kite', 'kite', 2 / 3],
  ['ball', 'kite', 0],
  ['', 'kite', 0],
])('"%s" for "%s" has F1 %d, and is no match', (answer, expected, f1) => {
  expect(scoreAnswer(answer, expected)).toEqual({ exactMatch: false, f1: expect.closeTo(f1, 12) });
});

test('saying nothing is right where nothing is expected', () => {
  expect(scoreAnswer(' ', '.')).toEqual({ exactMatch: true, f1: 1 });
});
