import { Random } from '@attune/core';
import { jsonErrorAt } from './json-syntax.js';

describe('jsonErrorAt', () => {
  it.each([
    ['{"a": [1, -2.5e+3, true, null, "x\\n\\u00e9"]}', -1],
    [' {} ', -1],
    ['[]', -1],
    ['{"a": 1', 7],
    ['{"a": 1}}', 8],
    ['{"a" 1}', 5],
    ['{"a": }', 6],
    ["{'a': 1}", 1],
    ['{a: 1}', 1],
    ['{"a": 1,}', 8],
    ['[1, 2,]', 6],
    ['[1 2]', 3],
    ['{"a": 01}', 7],
    ['{"a": tru}', 6],
    ['{"a": "x\ty"}', 8],
    ['{"a": "\\x"}', 7],
    ['{"a": "x', 8],
    ['{"a": NaN}', 6],
    ['', 0],
    ['[1]]', 3],
    ['{]', 1],
  ])('%j fails at %i', (text, at) => expect(jsonErrorAt(text)).toBe(at));

  it('agrees with JSON.parse on what is JSON', () => {
    const random = new Random(5);
    const valid = JSON.stringify({ a: [1, -0.5, 1e21, { b: 'x"\\ é', c: null }], d: [[], {}, true], e: '' });
    const alphabet = '{}[]",:\\ 0123eE+-.tfnul"';
    let whole = 0;
    for (let n = 0; n < 3000; n++) {
      const at = random.integer(valid.length);
      const insert = alphabet[random.integer(alphabet.length)]!;
      const text = valid.slice(0, at) + insert + valid.slice(at + random.integer(2));
      const parses = (() => {
        try {
          JSON.parse(text);
          return true;
        } catch {
          return false;
        }
      })();
      if (parses) whole++;
      expect([text, jsonErrorAt(text) === -1]).toEqual([text, parses]);
    }
    expect(whole).toBeGreaterThan(100);
  });
});
