import { commitOrder, GraphBuilder } from '@attune/core';
import { adviceFor, demandOf } from './memory.js';

/** Holds 4,000 bytes for each of 8 examples at once, and 400 for the update. */
const order = (() => {
  const g = new GraphBuilder('train');
  const x = g.feed('x', { shape: [8, 500], dtype: 'f32' });
  const w = g.state('w', { shape: [100], dtype: 'f32' });
  const y = g.exp(x);
  const z = g.tanh(y);
  g.output('y', g.add(g.sum(y), g.sum(z)));
  g.update('w', g.add(w, 1));
  return commitOrder(g.build());
})();

test('the demand has a part that grows with the batch, and the updates, which do not', () => {
  const { needed, fixed } = demandOf(order);
  expect(fixed()).toBe(400);
  expect(needed - fixed()).toBeGreaterThan(8 * 3900);
});

test('the advice names the batch that would fit', () => {
  expect(adviceFor(order, 400 + 4000 * 5.5).batchSize).toBe(5);
});
