import { duplicateKey, endOfJsonString } from './index.js';

const many = Array.from({ length: 50 }, (_, i) => `"${i}": ${i}`).join();

test.each([
  ['{"a": 1, "a": 2}', 'a'],
  ['{"a" :1,\n\t"b": 2, "a"\r\n: 3}', 'a'],
  ['{"a": 1, "\\u0061": 2}', 'a'],
  ['{"a\\\\": 1, "a\\\\": 2}', 'a\\'],
  ['{"": 1, "": 2}', ''],
  ['{"__proto__": 1, "__proto__": 2}', '__proto__'],
  ['{"a": [{"b": {"c": 1}}, {"d": {"c": "}", "e": 2, "c": 3}}]}', 'c'],
  ['{"a": {"b": 1}, "a": 2}', 'a'],
  ['[{"a": 1}, {"b": 1, "b": 2}]', 'b'],
  [`{${many}, "7": 0}`, '7'],
])('%s has a key twice', (text, key) => {
  expect(duplicateKey(text)).toBe(key);
});

test.each([
  '{}',
  '[]',
  '"a"',
  '{"a": "a", "b": "a"}',
  '{"a": {"a": {"a": 1}}}',
  '[{"a": 1}, {"a": 1}]',
  '{"a": "\\"a\\": 1, \\"a\\": 2", "b": ": {", "c": "\\\\"}',
  '{"a": ["a", "a"], "A": 1, "a ": 2, "á": 3, "a\u0301": 4}',
  `{${many}}`,
])('%s has each key once', (text) => {
  JSON.parse(text);
  expect(duplicateKey(text)).toBeUndefined();
});

test('a row of very many keys, or backslashes, takes no longer than one of their length', () => {
  const keys = Array.from({ length: 200_000 }, (_, i) => `"${i}":0`).join();
  expect(duplicateKey(`{${keys}}`)).toBeUndefined();
  expect(duplicateKey(`{${keys},"199999":0}`)).toBe('199999');
  expect(duplicateKey(`{"a":"${'\\\\'.repeat(1_000_000)}","a":1}`)).toBe('a');
  expect(duplicateKey(`{"a":"${'\\"'.repeat(1_000_000)}","a":1}`)).toBe('a');
});

test('a string ends at the first quotation mark that is not escaped', () => {
  expect(endOfJsonString('""', 0)).toBe(2);
  expect(endOfJsonString('["a\\"b", 1]', 1)).toBe(7);
  expect(endOfJsonString('"\\\\" "', 0)).toBe(4);
  expect(endOfJsonString('"open', 0)).toBe(5);
  expect(endOfJsonString('"open\\"', 0)).toBe(7);
});
