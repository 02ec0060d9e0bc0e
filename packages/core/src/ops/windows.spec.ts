import { GraphBuilder } from '../builder/index.js';
import type { ConvolutionOptions } from '../graph/index.js';
import { array, evaluate } from '../testing/run.js';

function convolve(x: number[], weight: number[], options: ConvolutionOptions = {}) {
  const g = new GraphBuilder('conv');
  const feed = (name: string, shape: number[]) => g.feed(name, { shape, dtype: 'f32' });
  return g.conv2d(feed('x', x), feed('weight', weight), options).shape;
}

test.each([
  [[2, 3, 5, 6], [4, 3, 3, 3], {}, [2, 4, 3, 4]],
  [[2, 3, 5, 6], [4, 3, 3, 3], { padding: 1 }, [2, 4, 5, 6]],
  [[2, 3, 5, 6], [4, 3, 3, 3], { padding: [1, 0], stride: [2, 3] }, [2, 4, 3, 2]],
  [[1, 1, 3, 3], [1, 1, 3, 3], { stride: 9 }, [1, 1, 1, 1]],
])('a convolution of %j with %j, %j, is %j', (x, weight, options, expected) => {
  expect(convolve(x, weight, options as ConvolutionOptions)).toEqual(expected);
});

test.each([
  [[2, 3, 5, 6], [4, 2, 3, 3], {}, 'the weight must be [O, C, kh, kw] for images [N, C, H, W]'],
  [[2, 3, 2, 6], [4, 3, 3, 3], {}, 'a window of [3, 3] is larger than f32[2, 3, 2, 6]'],
  [[2, 3, 5, 6], [4, 3, 3, 3], { stride: 0 }, 'by steps of [0, 0]'],
  [[2, 3, 5, 6], [4, 3, 3, 3], { padding: -1 }, 'with a padding of [-1, -1]'],
])('refuses a convolution of %j with %j, %j', (x, weight, options, message) => {
  expect(() => convolve(x, weight, options)).toThrow(
    expect.objectContaining({ code: 'SHAPE_MISMATCH', message: expect.stringContaining(message) }),
  );
});

test('refuses images of another rank, and a padding that a window could not see past', () => {
  const g = new GraphBuilder('pool');
  expect(() => g.maxPool2d(g.feed('rows', { shape: [4, 4], dtype: 'f32' }), 2)).toThrow(
    'x must be [N, C, H, W]',
  );
  const x = g.feed('x', { shape: [1, 1, 4, 4], dtype: 'f32' });
  expect(() => g.maxPool2d(x, 2, { padding: 2 })).toThrow('the padding must be at most half of the window');
});

const image = array([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);

test('convolution, by hand: the kernel is not flipped', () => {
  const weight = array([1, 1, 2, 2], [1, 0, 0, 10]);
  const { data } = evaluate((g, { x, w }) => g.conv2d(x!, w!), { x: image, w: weight });
  expect([...data]).toEqual([51, 62, 84, 95]);
});

test('pooling, by hand: padding is never the largest, and counts as 0 in a mean', () => {
  const negative = array(
    image.shape,
    [...image.data].map((value) => -value),
  );
  const largest = evaluate((g, { x }) => g.maxPool2d(x!, 2, { padding: 1 }), { x: negative });
  expect([...largest.data]).toEqual([-1, -2, -4, -5]);
  const mean = evaluate((g, { x }) => g.avgPool2d(x!, 2, { padding: 1 }), { x: image });
  expect([...mean.data]).toEqual([0.25, 1.25, 2.75, 7]);
});
