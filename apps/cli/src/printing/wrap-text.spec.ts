import { columnsOf, wrapText } from './wrap-text.js';

test('lines are broken between words', () => {
  expect(wrapText('the cat sat on the mat', 10)).toBe('the cat\nsat on the\nmat');
});

test('what fits is left as it is, spaces and empty lines included', () => {
  const text = '  a   b\n\n c ';
  expect(wrapText(text, 10)).toBe(text);
});

test('what goes on keeps its rule, its indent, and its place behind a label', () => {
  expect(wrapText('  │ once upon a time', 12)).toBe('  │ once\n  │ upon a\n  │ time');
  expect(wrapText('    once upon a time', 12)).toBe('    once\n    upon a\n    time');
  expect(wrapText('data  once upon a time', 12)).toBe('data  once\n      upon a\n      time');
});

test('a word longer than the line is broken, and nothing of it is lost', () => {
  expect(wrapText('a bcdefghijk l', 4)).toBe('a\nbcde\nfghi\njk l');
  expect(wrapText('  │ 你好世界', 8)).toBe('  │ 你好\n  │ 世界');
});

test('colours take no room, wide characters two columns, marks none', () => {
  expect(columnsOf('\u001b[36mab\u001b[39m')).toBe(2);
  expect(columnsOf('你🙂')).toBe(4);
  expect(columnsOf('e\u0301')).toBe(1);
});

test('no width is too small', () => {
  expect(wrapText('  │ ab', 0)).toBe('  │ a\n  │ b');
});
