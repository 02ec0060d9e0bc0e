import { hostTensor, item, scalar, zeros } from './host-tensor.js';
import {
  broadcastAxes,
  broadcastShapes,
  broadcastStrides,
  normalizeAxis,
  reducedShape,
  stridesOf,
} from './shape.js';
import { bytesOf, formatSpec, sameSpec, sizeOf } from './spec.js';

test('specs: elements, bytes and text', () => {
  expect(sizeOf([])).toBe(1);
  expect(sizeOf([2, 0, 3])).toBe(0);
  expect(bytesOf({ shape: [2, 3], dtype: 'f32' })).toBe(24);
  expect(bytesOf({ shape: [2, 3], dtype: 'bool' })).toBe(6);
  expect(formatSpec({ shape: [2, 3], dtype: 'i32' })).toBe('i32[2, 3]');
  expect(sameSpec({ shape: [2], dtype: 'i32' }, { shape: [2], dtype: 'f32' })).toBe(false);
  expect(sameSpec({ shape: [2], dtype: 'i32' }, { shape: [2, 1], dtype: 'i32' })).toBe(false);
});

test('broadcasting follows NumPy: aligned at the right, lengths of 1 stretch', () => {
  expect(broadcastShapes('op', [3, 1], [2, 1, 4])).toEqual([2, 3, 4]);
  expect(broadcastShapes('op', [], [5])).toEqual([5]);
  expect(broadcastShapes('op', [0], [1])).toEqual([0]);
  expect(() => broadcastShapes('op', [2, 3], [3, 3])).toThrow(
    'op: shapes [2, 3] and [3, 3] do not broadcast: axis 0 has 2 and 3.',
  );
});

test('strides, and where a broadcast reads', () => {
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
  expect(broadcastStrides([3, 1], [2, 3, 4])).toEqual([0, 1, 0]);
  expect(broadcastAxes([3, 1], [2, 3, 4])).toEqual([0, 2]);
  expect(broadcastAxes([1], [1])).toEqual([]);
});

test('axes count from either end', () => {
  expect(normalizeAxis('op', -1, 3)).toBe(2);
  expect(() => normalizeAxis('op', 3, 3)).toThrow('op: axis 3 does not exist in a tensor of rank 3.');
  expect(() => normalizeAxis('op', 0.5, 3)).toThrow('does not exist');
  expect(reducedShape([2, 3, 4], [0, 2], false)).toEqual([3]);
  expect(reducedShape([2, 3, 4], [0, 2], true)).toEqual([1, 3, 1]);
});

test('host tensors: a typed array of the right kind is used as it is, a list is converted', () => {
  const data = Float32Array.of(1, 2);
  expect(hostTensor('f32', [2], data).data).toBe(data);
  expect(hostTensor('i32', [2], [1, 2]).data).toEqual(Int32Array.of(1, 2));
  expect(() => hostTensor('f32', [3], data)).toThrow('f32[3] has 3 elements, but 2 were given.');
  expect(zeros({ shape: [2], dtype: 'bool' }).data).toEqual(new Uint8Array(2));
  expect(item(scalar(0.5))).toBe(0.5);
  expect(() => item(hostTensor('f32', [2], data))).toThrow(
    'Expected a tensor of one element, but got f32[2].',
  );
});
