import { hostTensor, type GraphBuilder, type Tensor } from '@attune/core';
import { gradcheck } from './gradcheck.js';
import { randomTensor } from '../kit/random-tensor.js';

const x = randomTensor(1, { shape: [2, 3], dtype: 'f32' });

test('passes what is right, for several inputs and results', () => {
  gradcheck((g, { x, y }) => [g.mul(x!, y!), g.tanh(y!)], { x, y: randomTensor(2, x) });
});

test('catches a gradient that is missing, by its name and place', () => {
  // Through i32 no gradient flows, though the value does.
  const severed = (g: GraphBuilder, { x }: Readonly<Record<string, Tensor>>) => {
    const half = g.mul(x!, 0.5);
    return g.add(half, g.mul(g.cast(g.cast(g.mul(half, 1e9), 'i32'), 'f32'), 1e-9));
  };
  expect(() => gradcheck(severed, { x })).toThrow(
    /grad\.x: \d of 6 elements are off; the worst is at \[\d, \d\]/,
  );
});

test('differentiates by the inputs that are named', () => {
  const kinked = hostTensor('f32', [1], [0]);
  expect(() =>
    gradcheck((g, { x, k }) => g.mul(x!, g.maximum(k!, 0)), { x: hostTensor('f32', [1], [1]), k: kinked }),
  ).toThrow('grad.k');
  gradcheck(
    (g, { x, k }) => g.mul(x!, g.maximum(k!, 0)),
    { x: hostTensor('f32', [1], [1]), k: kinked },
    { wrt: ['x'] },
  );
});
