import { runInNewContext } from 'node:vm';
import { threadScript } from './threads.js';

/** The use that a thread makes of the text of a function: it is defined, and called. */
const inThread = (text: string, scope = {}): unknown =>
  runInNewContext(`var Module = ${text}; Module({ value: 1 })`, scope);

// As a minifier leaves it: `_scriptDir`, a name around the function, has become `e`.
const minified = 'function (t) { var d = ""; if (e) d = e; t.where = d; return t; }';

test('a function whose names around it were shortened fails in a thread, and its prepared text does not', () => {
  expect(() => inThread(minified)).toThrow('e is not defined');
  expect(inThread(threadScript(minified))).toEqual({ value: 1, where: '' });
});

test('the prepared text keeps the globals of the thread, also those that come later', () => {
  const text =
    'function (t) { globalThis.later = t.value + n; return [later, typeof absent, Math.max(1, 2)]; }';
  expect(inThread(threadScript(text), { n: 1 })).toEqual([2, 'undefined', 2]);
});

test('the prepared text may be an arrow function, with strict code in it', () => {
  expect(inThread(threadScript('(t) => { "use strict"; return e ?? t.value; }'))).toBe(1);
});
