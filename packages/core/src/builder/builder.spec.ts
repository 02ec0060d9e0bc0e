import { isAttuneError } from '../errors/index.js';
import { labelOf } from '../program/program.js';
import { GraphBuilder } from './builder.js';

const matrix = { shape: [2, 3], dtype: 'f32' } as const;

function failure(work: () => unknown): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    if (isAttuneError(error)) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

test('the same op on the same inputs is the same tensor', () => {
  const g = new GraphBuilder('shared');
  const x = g.feed('x', matrix);
  expect(g.tanh(x)).toBe(g.tanh(x));
  expect(g.sum(x, [1])).toBe(g.sum(x, [-1]));
  expect(g.sum(x, [1])).not.toBe(g.sum(x, [1], true));
  expect(g.mul(x, 2)).not.toBe(g.mul(2, x));
  expect(g.feed('x', matrix)).toBe(x);
  expect(g.nodes.filter(({ op }) => op === 'tanh')).toHaveLength(1);
});

test('ops that would change nothing are not written', () => {
  const g = new GraphBuilder('identities');
  const x = g.feed('x', matrix);
  const same = [
    g.reshape(x, [2, -1]),
    g.transpose(x, [0, 1]),
    g.broadcastTo(x, [2, 3]),
    g.slice(x, [0, 0], [2, 3]),
    g.pad(x, [0, 0], [0, 0]),
    g.concat([x], 0),
    g.cast(x, 'f32'),
    g.sum(x, []),
    g.sumTo(x, [2, 3]),
    g.dropout(x, g.feed('seed', { shape: [], dtype: 'i32' }), 0, 0),
  ];
  for (const tensor of same) expect(tensor).toBe(x);
});

test('numbers take the dtype of the other operand', () => {
  const g = new GraphBuilder('numbers');
  expect(g.add(g.feed('i', { shape: [2], dtype: 'i32' }), 1)).toMatchObject({ shape: [2], dtype: 'i32' });
  expect(g.sub(1, g.feed('f', matrix))).toMatchObject(matrix);
  expect(g.mul(2, 3)).toMatchObject({ shape: [], dtype: 'f32' });
});

test.each([
  [
    'broadcasting',
    (g: GraphBuilder) => g.add(g.feed('a', matrix), g.feed('b', { shape: [2], dtype: 'f32' })),
    'SHAPE_MISMATCH',
    'add: shapes [2, 3] and [2] do not broadcast: axis 1 has 3 and 2.',
  ],
  [
    'dtypes',
    (g: GraphBuilder) => g.add(g.feed('a', matrix), g.feed('i', { shape: [], dtype: 'i32' })),
    'DTYPE_MISMATCH',
    "add: input 1 must be f32, but is i32[]. Convert it with g.cast(x, 'f32').",
  ],
  [
    'inner lengths',
    (g: GraphBuilder) => g.matmul(g.feed('a', matrix), g.feed('a', matrix)),
    'SHAPE_MISMATCH',
    'matmul: f32[2, 3] × f32[2, 3] do not fit: inner lengths are 3 and 2.',
  ],
  [
    'batches',
    (g: GraphBuilder) => g.matmul(g.constant(0, [2, 3, 4]), g.constant(0, [3, 4, 5])),
    'SHAPE_MISMATCH',
    'leading axes differ',
  ],
  [
    'reshape',
    (g: GraphBuilder) => g.reshape(g.feed('a', matrix), [4]),
    'SHAPE_MISMATCH',
    'reshape: f32[2, 3] has 6 elements, but [4] has not.',
  ],
  [
    'reshape to a fraction',
    (g: GraphBuilder) => g.reshape(g.feed('a', matrix), [4, -1]),
    'SHAPE_MISMATCH',
    'reshape: [4, 1.5] is not a shape.',
  ],
  [
    'transpose',
    (g: GraphBuilder) => g.transpose(g.feed('a', matrix), [0, 0]),
    'SHAPE_MISMATCH',
    'transpose: [0, 0] is not an order of the axes of f32[2, 3].',
  ],
  [
    'slice',
    (g: GraphBuilder) => g.slice(g.feed('a', matrix), [1, 1], [1, 3]),
    'SHAPE_MISMATCH',
    'slice: [1, 3] elements from [1, 1] do not lie in f32[2, 3].',
  ],
  [
    'axes',
    (g: GraphBuilder) => g.sum(g.feed('a', matrix), [2]),
    'SHAPE_MISMATCH',
    'sum: axis 2 does not exist in a tensor of rank 2.',
  ],
  [
    'concat',
    (g: GraphBuilder) => g.concat([g.constant(0, [2, 3]), g.constant(0, [3, 3])], 1),
    'SHAPE_MISMATCH',
    'differ in more than axis 1',
  ],
  [
    'layerNorm',
    (g: GraphBuilder) => g.layerNorm(g.feed('a', matrix), g.constant(1, [2]), undefined),
    'SHAPE_MISMATCH',
    'layerNorm: weight must be f32[3], but is f32[2].',
  ],
  [
    'cross-entropy',
    (g: GraphBuilder) => g.softmaxCrossEntropy(g.feed('a', matrix), g.iota([3])),
    'SHAPE_MISMATCH',
    'targets must be i32[2], but is i32[3].',
  ],
  [
    'attention',
    (g: GraphBuilder) => g.attention(g.constant(0, [2, 4]), g.constant(0, [3, 4]), g.constant(0, [3, 4])),
    'SHAPE_MISMATCH',
    'q, k and v must be alike',
  ],
  [
    'dropout',
    (g: GraphBuilder) => g.dropout(g.feed('a', matrix), g.constant(1, [], 'i32'), 1, 0),
    'INVALID_ARGUMENT',
    'dropout: p must be in [0, 1), but is 1.',
  ],
  [
    'lengths',
    (g: GraphBuilder) => g.feed('x', { shape: [2, -1], dtype: 'f32' }),
    'SHAPE_MISMATCH',
    'feed: [2, -1] is not a shape.',
  ],
  [
    'a constant that is not finite',
    (g: GraphBuilder) => g.mul(g.feed('a', matrix), Infinity),
    'INVALID_ARGUMENT',
    'constant: Infinity is not a value of f32.',
  ],
  [
    'a fraction among integers',
    (g: GraphBuilder) => g.add(g.iota([3]), 0.5),
    'INVALID_ARGUMENT',
    'constant: 0.5 is not a value of i32.',
  ],
])('%s: the message says what was expected and what came', (_name, work, code, message) => {
  const error = failure(() => work(new GraphBuilder('shapes')));
  expect(error.code).toBe(code);
  expect(error.message).toContain(message);
});

test('a tensor of another graph is refused', () => {
  const [g, other] = [new GraphBuilder('here'), new GraphBuilder('there')];
  g.feed('a', matrix);
  const foreign = other.feed('x', matrix);
  expect(failure(() => g.tanh(foreign)).message).toBe('tanh: an input belongs to another graph than "here".');
});

test('a name is one tensor: another shape, a second update or output are refused', () => {
  const g = new GraphBuilder('names');
  const x = g.feed('x', matrix);
  expect(failure(() => g.feed('x', { shape: [3], dtype: 'f32' })).message).toBe(
    'feed "x" is f32[2, 3], but is now named as f32[3].',
  );
  g.state('w', matrix);
  expect(failure(() => g.update('w', g.sum(x))).code).toBe('SHAPE_MISMATCH');
  g.update('w', x);
  expect(failure(() => g.update('w', x)).message).toContain('updated twice');
  g.output('y', x);
  expect(failure(() => g.output('y', x)).message).toContain('named twice');
});

test('build keeps what outputs and updates need, every feed, and nothing else', () => {
  const g = new GraphBuilder('pruned');
  const x = g.feed('x', matrix);
  g.feed('unused', matrix);
  const w = g.state('w', matrix);
  g.state('unread', matrix);
  g.exp(x);
  g.output('y', g.mul(x, w));
  g.update('v', x);
  const program = g.build();
  expect(program.nodes.map(labelOf)).toEqual(['feed', 'state', 'mul']);
  expect(Object.keys(program.feeds)).toEqual(['x', 'unused']);
  expect(Object.keys(program.state)).toEqual(['w', 'v']);
  expect(JSON.parse(JSON.stringify(program))).toEqual(program);
});
