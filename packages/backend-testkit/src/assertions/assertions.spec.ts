import { AttuneError, hostTensor } from '@attune/core';
import { expectError } from './assert.js';
import { expectAgreement, expectAllClose, expectValue, normOf } from './close.js';

const tensor = (...values: number[]) => hostTensor('f32', [values.length], values);
const matrix = (...values: number[]) => hostTensor('f32', [2, values.length / 2], values);

test('expectAllClose names how many are off, the worst, where it is, and the rule', () => {
  expect(() => expectAllClose(matrix(1, 2, 3, 5), matrix(1, 2.5, 3, 4), { atol: 0.25 }, 'logits')).toThrow(
    'logits: 2 of 4 elements are off; the worst is at [1, 1]: expected 4, but got 5 ' +
      '(difference 1.00e+0, allowed 2.50e-1: |a − b| ≤ 0.25 + 0·|b|).',
  );
});

test('atol and rtol add up; without them, only what is equal is close', () => {
  expectAllClose(tensor(100.5, -0.25), tensor(100, -0.25), { rtol: 0.005 });
  expectAllClose(tensor(100.75), tensor(100), { rtol: 0.005, atol: 0.25 });
  expect(() => expectAllClose(tensor(1, 1.0000001), tensor(1, 1))).toThrow('1 of 2');
});

test('NaN is close to NaN alone, and an infinity to itself', () => {
  expectAllClose(tensor(NaN, Infinity, -Infinity), tensor(NaN, Infinity, -Infinity));
  const lax = { atol: 1e9, rtol: 1 };
  expect(() => expectAllClose(tensor(NaN), tensor(0), lax)).toThrow('expected 0, but got NaN');
  expect(() => expectAllClose(tensor(0), tensor(NaN), lax)).toThrow('expected NaN, but got 0');
  expect(() => expectAllClose(tensor(Infinity), tensor(1), lax)).toThrow('got Infinity');
});

test('shapes and dtypes are compared first', () => {
  expect(() => expectAllClose(tensor(1, 2), matrix(1, 2))).toThrow('expected f32[2, 1], but got f32[2]');
  expect(() => expectAllClose(hostTensor('i32', [1], [1]), tensor(1))).toThrow('but got i32[1]');
});

test('agreement of a gradient is relative to its own largest element and to the global norm', () => {
  expectAgreement(tensor(100.009, 0.009), tensor(100, 0), 0);
  expect(() => expectAgreement(tensor(100.02, 0), tensor(100, 0), 0)).toThrow('1e-4·max|b| + 1e-7·norm');
  expectAgreement(tensor(9e-8), tensor(0), 1);
  expect(() => expectAgreement(tensor(9e-8), tensor(0), 0.5)).toThrow();
  expect(normOf([tensor(3), tensor(0, 4)])).toBe(5);
});

test('values of integers and booleans are exact', () => {
  expectValue(tensor(1.000005), tensor(1));
  expect(() => expectValue(hostTensor('i32', [1], [100001]), hostTensor('i32', [1], [100000]))).toThrow(
    'allowed 0',
  );
});

test('expectError wants the code and every part of the message', async () => {
  const fail = async () => Promise.reject(new AttuneError('DISPOSED', 'State "a" was disposed.'));
  await expectError(fail, 'DISPOSED', '"a"');
  await expect(expectError(fail, 'STATE_POISONED')).rejects.toThrow(
    'Expected an error STATE_POISONED, but got DISPOSED',
  );
  await expect(expectError(fail, 'DISPOSED', '"b"')).rejects.toThrow('lacks "b"');
  await expect(expectError(async () => 1, 'DISPOSED')).rejects.toThrow('nothing was thrown');
  await expect(expectError(async () => Promise.reject(new TypeError('x')), 'DISPOSED')).rejects.toThrow(
    'Expected an AttuneError',
  );
});
