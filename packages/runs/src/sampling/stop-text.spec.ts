import { stopText } from './stop-text.js';

test('text is shown as soon as it cannot become a stop text any more', () => {
  const watch = stopText(['\n\n']);
  expect(watch.push('one\n')).toBe('one');
  expect(watch.push('two\n')).toBe('\ntwo');
  expect(watch.end()).toBe('\n');
  expect(watch.stopped).toBe(false);
});

test('a stop text may arrive in pieces, and is not shown', () => {
  const watch = stopText(['END', 'STOP']);
  expect(['a S', 'TO', 'P b', 'c'].map((piece) => watch.push(piece))).toEqual(['a ', '', '', '']);
  expect(watch.stopped).toBe(true);
  expect(watch.end()).toBe('');
});

test('the first one counts, in whatever order they are named', () => {
  expect(stopText(['b', 'a']).push('xayb')).toBe('x');
});
