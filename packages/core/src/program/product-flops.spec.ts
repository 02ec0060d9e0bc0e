import { GraphBuilder } from '../builder/index.js';
import { productFlops } from './product-flops.js';

const f32 = (...shape: number[]) => ({ shape, dtype: 'f32' }) as const;

test('a product of m × k and k × n takes 2 m n k operations, for each of a batch', () => {
  const g = new GraphBuilder('products');
  const [a, b, c] = [g.feed('a', f32(3, 4)), g.feed('b', f32(4, 5)), g.feed('c', f32(2, 4, 3))];
  g.output('ab', g.add(g.matmul(a, b), 1));
  g.output('cTc', g.matmul(c, c, { transposeA: true }));
  expect(productFlops(g.build())).toBe(2 * 3 * 5 * 4 + 2 * (2 * 3 * 3) * 4);
});
