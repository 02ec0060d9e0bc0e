import type { Tensor } from '../graph/tensor.js';
import { interpret } from '../interpreter/index.js';
import { labelOf, type Program } from '../program/program.js';
import { array, spread } from '../testing/run.js';
import { gradients } from './autodiff.js';
import { GraphBuilder } from './builder.js';

const vector = { shape: [2], dtype: 'f32' } as const;
const opsOf = (g: GraphBuilder) => g.build().nodes.map(labelOf);

test('a tensor that is used several times receives the sum of its gradients', () => {
  const g = new GraphBuilder('fan-out');
  const x = g.feed('x', vector);
  // x² + 3x + tanh-free path through a reshape: d/dx = 2x + 3 + 1
  const loss = g.sum(g.add(g.add(g.mul(x, x), g.mul(x, 3)), g.reshape(g.reshape(x, [2, 1]), [2])));
  g.output('dx', gradients(g, loss, [x])[0]!);
  const { outputs } = interpret(g.build(), { feeds: { x: array([2], [5, -1]) } }, 'f64');
  expect([...outputs['dx']!.data]).toEqual([14, 2]);
});

test('the gradient of an intermediate tensor can be asked for, beside that of what it depends on', () => {
  const g = new GraphBuilder('intermediate');
  const x = g.feed('x', vector);
  const h = g.mul(x, 2);
  const [dh, dx] = gradients(g, g.sum(g.mul(h, h)), [h, x]);
  g.output('dh', dh!);
  g.output('dx', dx!);
  const { outputs } = interpret(g.build(), { feeds: { x: array([2], [1, 2]) } }, 'f64');
  expect([...outputs['dh']!.data]).toEqual([4, 8]);
  expect([...outputs['dx']!.data]).toEqual([8, 16]);
});

test('where the loss does not depend on a tensor, its gradient is zeros of its shape', () => {
  const g = new GraphBuilder('independent');
  const [x, y] = [g.feed('x', vector), g.feed('y', { shape: [3, 1], dtype: 'f32' })];
  g.output('dy', gradients(g, g.sum(x), [y])[0]!);
  const { outputs } = interpret(g.build(), { feeds: { x: array([2], [1, 2]), y: array([3, 1], [0, 0, 0]) } });
  expect(outputs['dy']).toMatchObject({ shape: [3, 1], data: new Float32Array(3) });
});

test('frozen parameters cost nothing: the program has no node for their gradients', () => {
  const build = (train: readonly ('w1' | 'w2')[]) => {
    const g = new GraphBuilder('frozen');
    const w = {
      w1: g.state('w1', { shape: [2, 2], dtype: 'f32' }),
      w2: g.state('w2', { shape: [2, 2], dtype: 'f32' }),
    };
    const x = g.feed('x', { shape: [3, 2], dtype: 'f32' });
    const loss = g.sum(g.matmul(g.tanh(g.matmul(x, w.w1)), w.w2));
    gradients(
      g,
      loss,
      train.map((name) => w[name]),
    ).forEach((gradient, i) => g.output(train[i]!, gradient));
    return opsOf(g);
  };
  const products = (ops: string[]) => ops.filter((op) => op === 'matmul').length;
  // Forward both; backward dw2 alone, with no way back through tanh.
  expect(products(build(['w2']))).toBe(1 + 1);
  expect(build(['w2']).filter((op) => op === 'mul')).toEqual([]);
  // Forward one and dh, dw1; the second forward product is needed by no output.
  expect(products(build(['w1']))).toBe(1 + 2);
  expect(products(build(['w1', 'w2']))).toBe(1 + 3);
});

test('a path through indices and conditions carries no gradient', () => {
  const g = new GraphBuilder('conditions');
  const x = g.feed('x', vector);
  const loss = g.sum(g.select(g.less(x, 0), g.mul(x, 0.5), x));
  g.output('dx', gradients(g, loss, [x])[0]!);
  const { outputs } = interpret(g.build(), { feeds: { x: array([2], [-3, 3]) } });
  expect([...outputs['dx']!.data]).toEqual([0.5, 1]);
});

test('the loss must be one f32 number', () => {
  const g = new GraphBuilder('loss');
  const x = g.feed('x', vector);
  expect(() => gradients(g, x, [x])).toThrow(
    'The loss must be one f32 number, but is f32[2]. Reduce it with g.sum or g.mean.',
  );
  const count = g.feed('count', { shape: [], dtype: 'i32' });
  expect(() => gradients(g, count, [x])).toThrow('but is i32[]');
});

test('an output that an op has no gradient for is NOT_DIFFERENTIABLE', () => {
  const g = new GraphBuilder('statistics');
  const x = g.feed('x', { shape: [4, 2], dtype: 'f32' });
  const { mean } = g.batchNorm(x, g.constant(1, [2]), g.constant(0, [2]));
  expect(() => gradients(g, g.sum(mean), [x])).toThrow(
    expect.objectContaining({
      code: 'NOT_DIFFERENTIABLE',
      message: expect.stringContaining('"batchNorm"'),
    }),
  );
});

test('gradients of gradients exist, those of composites among them', () => {
  const g = new GraphBuilder('second order');
  const x = g.feed('x', vector);
  const [first] = gradients(g, g.sum(g.gelu(x)), [x]);
  g.output('second', gradients(g, g.sum(first!), [x])[0]!);
  const { outputs } = interpret(g.build(), { feeds: { x: array([2], [0, 1]) } }, 'f64');
  const density = (at: number) => Math.exp(-0.5 * at * at) / Math.sqrt(2 * Math.PI);
  // Of x · Φ(x): 2φ(x) − x² φ(x).
  [2 * density(0), density(1)].forEach((value, i) =>
    expect(outputs['second']!.data[i]).toBeCloseTo(value, 12),
  );
});

test('gradients of gradients exist where every op on the way has one', () => {
  const g = new GraphBuilder('cubic');
  const x = g.feed('x', vector);
  const [first] = gradients(g, g.sum(g.mul(x, g.mul(x, x))), [x]);
  const [second] = gradients(g, g.sum(first!), [x]);
  g.output('second', second!);
  const { outputs } = interpret(g.build(), { feeds: { x: array([2], [1, 2]) } }, 'f64');
  expect([...outputs['second']!.data]).toEqual([6, 12]);
});

test('the gradient of a parameter shared by two layers is one sum, in a fixed order', () => {
  const build = () => {
    const g = new GraphBuilder('tied');
    const w = g.state('w', { shape: [4, 2], dtype: 'f32' });
    const ids = g.feed('ids', { shape: [3], dtype: 'i32' });
    const loss = g.sum(g.matmul(g.gather(w, ids), w, { transposeB: true }));
    g.output('dw', gradients(g, loss, [w])[0]!);
    return g.build();
  };
  expect(build().nodes.filter(({ op }) => op === 'scatterAdd')).toHaveLength(1);
  expect(JSON.stringify(build())).toBe(JSON.stringify(build()));
});

test('nothing flows through stopGradient: d(x · stop(x))/dx = stop(x)', () => {
  const g = new GraphBuilder('stopped');
  const x = g.feed('x', { shape: [3], dtype: 'f32' });
  const [dx] = gradients(g, g.sum(g.mul(x, g.stopGradient(x))), [x]);
  g.output('dx', dx!);
  const feeds = { x: array([3], [1, -2, 3]) };
  expect([...interpret(g.build(), { feeds }).outputs['dx']!.data]).toEqual([1, -2, 3]);
});

describe('segments that are computed again', () => {
  /** Three blocks `x + tanh(x · w)`, and a loss. */
  function step(recompute: boolean) {
    const g = new GraphBuilder('step');
    const x = g.feed('x', { shape: [4, 3], dtype: 'f32' });
    const weights: Tensor[] = [];
    let hidden = x;
    for (let block = 0; block < 3; block++) {
      const before = hidden;
      hidden = g.segment(() => {
        const w = g.state(`w${block}`, { shape: [3, 3], dtype: 'f32' });
        weights.push(w);
        const inner = g.tanh(g.matmul(before, w));
        return g.add(before, g.mul(inner, g.exp(inner)));
      });
    }
    const grads = gradients(g, g.sum(g.square(hidden)), weights, { recompute });
    grads.forEach((grad, i) => g.output(`w${i}`, grad));
    return g.build();
  }
  const feeds = { x: spread([4, 3]) };
  const state = { w0: spread([3, 3]), w1: spread([3, 3], 0, 2), w2: spread([3, 3], -1, 1) };

  test('have the same gradients, to the bit', () => {
    const [kept, again] = [false, true].map(
      (recompute) => interpret(step(recompute), { feeds, state }, 'f64').outputs,
    );
    for (const name of ['w0', 'w1', 'w2']) expect(again![name]!.data).toEqual(kept![name]!.data);
  });

  test('are computed twice, but not kept', () => {
    const count = (recompute: boolean) => opsIn(step(recompute), 'tanh');
    expect([count(false), count(true)]).toEqual([3, 6]);
    // Each recomputation waits for a gradient: none can be moved forward.
    expect(opsIn(step(true), 'barrier')).toBe(3);
  });

  test('in which nothing is trained are left alone', () => {
    const g = new GraphBuilder('frozen below');
    const x = g.feed('x', { shape: [2], dtype: 'f32' });
    const lower = g.segment(() => g.tanh(g.mul(x, g.state('frozen', { shape: [2], dtype: 'f32' }))));
    const w = g.state('w', { shape: [2], dtype: 'f32' });
    const upper = g.segment(() => g.tanh(g.mul(lower, w)));
    const loss = g.sum(upper);
    g.output('loss', loss);
    g.output('dw', gradients(g, loss, [w], { recompute: true })[0]!);
    expect(opsIn(g.build(), 'tanh')).toBe(3);
  });
});

const opsIn = ({ nodes }: Program, name: string) => nodes.filter(({ op }) => op === name).length;
