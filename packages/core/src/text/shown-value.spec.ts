import { shownValue } from './index.js';

const ring: unknown[] = [];
ring.push(ring);

test.each([
  [5, '5'],
  [Infinity, 'Infinity'],
  [undefined, 'undefined'],
  [null, 'null'],
  ['a\u001b', '"a\\u001b"'],
  [{ toString: true }, '{"toString":true}'],
  [[Object.create(null)], '[{}]'],
  [ring, 'a value that cannot be written out'],
])('%p is shown', (value, shown) => {
  expect(shownValue(value)).toBe(shown);
});
