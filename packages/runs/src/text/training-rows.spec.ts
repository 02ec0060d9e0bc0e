import { hostTensor } from '@attune/core';
import { byteTokenizer } from '@attune/data';
import { windowsAsRows } from './training-rows.js';

test('each token of a window but its first is trained, with the weight of its place in the batch', () => {
  const shape = [2, 3];
  const ids = (text: string) => Int32Array.from(text, (char) => char.charCodeAt(0));
  const batch = {
    x: hostTensor('i32', shape, ids('abcxyz')),
    y: hostTensor('i32', shape, ids('bcdyz!')),
    lossMask: hostTensor('f32', shape, Float32Array.of(1, 1, 0, 1, 1, 1)),
  };
  const [row, ...others] = windowsAsRows(batch, byteTokenizer(), 1);
  expect(others).toEqual([]);
  expect(row!.tokens.map(({ text, weight }) => [text, weight])).toEqual([
    ...[
      ['a', 0],
      ['b', 1],
      ['c', 1],
      ['d', 0],
    ],
  ]);
});
