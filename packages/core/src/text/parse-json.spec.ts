import { parseJson } from './index.js';

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test('JSON is parsed', () => {
  expect(parseJson('{"a": [1, "]{\\"[", null]}')).toEqual({ a: [1, ']{"[', null] });
  expect(parseJson(nested(500))).toEqual(JSON.parse(nested(500)));
  const wide = JSON.stringify(Array.from({ length: 2000 }, (_, i) => [[i]]));
  expect(parseJson(wide)).toHaveLength(2000);
  expect(parseJson(JSON.stringify('['.repeat(2000)))).toHaveLength(2000);
});

test.each([nested(501), nested(200_000), '['.repeat(200_000), '{"a":'.repeat(200_000)])(
  '%.9s… is refused',
  (text) => {
    expect(() => parseJson(text)).toThrow(/nested more than 500 levels deep/);
  },
);

test('so are more objects than any document has, not brackets in strings', () => {
  expect(() => parseJson(`[${'{},'.repeat(2 ** 21)}{}]`)).toThrow(/more than 2097152 objects and lists/);
  expect(() => parseJson(`[${'[],'.repeat(2 ** 21)}[]]`)).toThrow(/more than 2097152 objects and lists/);
  expect(parseJson(JSON.stringify('{}'.repeat(2 ** 21)))).toHaveLength(2 ** 22);
});

test.each(['', '{', '"', '"\\', ']]]', '{"a":1,}'])('%j is no JSON', (text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
});
