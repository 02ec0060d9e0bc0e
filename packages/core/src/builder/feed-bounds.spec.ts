import { gradients } from './autodiff.js';
import { GraphBuilder } from './builder.js';
import { feedBounds } from './feed-bounds.js';

/** A language model of a table and its transpose. */
function program() {
  const g = new GraphBuilder('model');
  const x = g.feed('x', { shape: [2, 3], dtype: 'i32' });
  const y = g.feed('y', { shape: [6], dtype: 'i32' });
  const table = g.state('table', { shape: [5, 4], dtype: 'f32' });
  const logits = g.matmul(g.gather(table, g.reshape(x, [6])), table, { transposeB: true });
  const loss = g.sum(g.softmaxCrossEntropy(logits, y, -1));
  g.output('loss', loss);
  g.output('gradient', gradients(g, loss, [table])[0]!);
  return g.build();
}

test('feeds that are taken as indices have bounds, once, also behind a change of shape', () => {
  expect(feedBounds(program())).toEqual([
    { feed: 'x', op: 'gather', limit: 5 },
    { feed: 'y', op: 'softmaxCrossEntropy', limit: 5, ignored: -1 },
  ]);
});

test('what is computed from a feed has none', () => {
  const g = new GraphBuilder('next');
  const x = g.feed('x', { shape: [2], dtype: 'i32' });
  g.output('rows', g.gather(g.state('table', { shape: [5, 4], dtype: 'f32' }), g.add(x, 1)));
  expect(feedBounds(g.build())).toEqual([]);
});
