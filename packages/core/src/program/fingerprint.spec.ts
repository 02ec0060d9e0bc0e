import { GraphBuilder } from '../builder/builder.js';
import { fingerprint, hashText } from './fingerprint.js';

function program(name: string, scale = 2) {
  const g = new GraphBuilder(name);
  const x = g.feed('x', { shape: [2, 3], dtype: 'f32' });
  g.output('y', g.mul(x, scale));
  return g.build();
}

test('is the same in every process: pinned', () => {
  expect(hashText('')).toBe('62456890a20c56ed');
  expect(hashText('attune')).toBe('8a827e075b529f1d');
  expect(fingerprint(program('train'))).toBe('f6372a217306ad12');
});

test('the name is not part of it, the order of keys neither', () => {
  const { name, nodes, ...rest } = program('evaluate');
  expect(fingerprint(program('evaluate'))).toBe(fingerprint(program('train')));
  expect(fingerprint({ ...rest, nodes, name })).toBe(fingerprint(program('train')));
});

test('attributes, shapes, dtypes and names of inputs are', () => {
  const base = program('train');
  const others = [
    program('train', 3),
    { ...base, outputs: { z: base.outputs['y']! } },
    { ...base, feeds: { x: { shape: [3, 2], dtype: 'f32' as const } } },
    { ...base, feeds: { x: { shape: [2, 3], dtype: 'i32' as const } } },
  ];
  expect(new Set([base, ...others].map(fingerprint)).size).toBe(others.length + 1);
});

test('texts that differ in one character differ in about half of their bits', () => {
  const bits = (hex: string) =>
    [...hex].map((digit) => parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
  let different = 0;
  for (let i = 0; i < 200; i++) {
    const [a, b] = [bits(hashText(`tensor ${i}`)), bits(hashText(`tensor ${i + 1}`))];
    different += [...a].filter((bit, j) => bit !== b[j]).length;
  }
  expect(different / 200).toBeGreaterThan(28);
  expect(different / 200).toBeLessThan(36);
});
