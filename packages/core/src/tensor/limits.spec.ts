import { GraphBuilder } from '../builder/index.js';
import { allocateHostData } from './host-tensor.js';
import { checkTensorSizes, MAX_ELEMENTS, requireMemory, totalBytes } from './limits.js';

const outOfMemory = (message: RegExp) =>
  expect.objectContaining({ code: 'OUT_OF_MEMORY', message: expect.stringMatching(message) });

describe('sizes are checked before anything is allocated', () => {
  it.each([[[MAX_ELEMENTS + 1]], [[2 ** 16, 2 ** 15]], [[1e9, 1e9]]])('of a tensor of shape %j', (shape) => {
    const specs = { w: { shape, dtype: 'f32' } } as const;
    expect(() => checkTensorSizes(specs)).toThrow(outOfMemory(/The tensor "w" .* at most 2147483647/));
  });

  it('of a tensor in a graph, whichever op makes it', () => {
    const g = new GraphBuilder('big');
    expect(() => g.feed('x', { shape: [1e9, 64], dtype: 'i32' })).toThrow(outOfMemory(/big: feed/));
    const x = g.feed('y', { shape: [1, 2 ** 20], dtype: 'f32' });
    expect(() => g.broadcastTo(x, [2 ** 20, 2 ** 20])).toThrow(outOfMemory(/f32\[1048576, 1048576\]/));
  });

  it.each([1e15, -1, 2 ** 40])('of an array of %d elements', (size) => {
    expect(() => allocateHostData('f32', size)).toThrow(outOfMemory(/no memory for an array/));
  });
});

describe('requireMemory', () => {
  const needs = [
    { what: 'parameters', bytes: 3e9 },
    { what: 'logits', bytes: 2.5e6 },
  ];

  it('says what takes how much, and what to lower', () => {
    expect(() => requireMemory('Training', needs, 4e9, 'Lower it.')).not.toThrow();
    expect(() => requireMemory('Training', needs, 1e9, 'Lower it.')).toThrow(
      'Training takes at least 3 GB of memory, but there are 1 GB: 3 GB for parameters, 2.5 MB for logits. Lower it.',
    );
  });

  it('adds up tensors', () => {
    expect(totalBytes({ a: { shape: [2, 3], dtype: 'f32' }, b: { shape: [5], dtype: 'bool' } })).toBe(29);
  });
});
