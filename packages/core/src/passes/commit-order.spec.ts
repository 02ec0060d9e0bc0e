import { GraphBuilder, gradients } from '../builder/index.js';
import { interpret } from '../interpreter/index.js';
import { peakBytes, type Program } from '../program/index.js';
import { array } from '../testing/run.js';
import { commitOrder, commitOrderFaults, type CommitOrder } from './commit-order.js';
import { verify } from './index.js';

const spec = { shape: [4], dtype: 'f32' } as const;

/** A step over three tensors, written update by update, with the guard at the end. */
function step(guarded = true): Program {
  const g = new GraphBuilder('step');
  const weights = ['a', 'b', 'c'].map((name) => g.state(name, spec));
  const loss = g.sum(weights.map((w) => g.square(w)).reduce((sum, w) => g.mul(sum, w)));
  const grads = gradients(g, loss, weights);
  ['a', 'b', 'c'].forEach((name, i) => {
    const moment = g.add(g.state(`m.${name}`, spec), grads[i]!);
    g.update(name, g.sub(weights[i]!, g.mul(moment, 0.1)));
    g.update(`m.${name}`, moment);
  });
  g.output('loss', loss);
  if (guarded) g.guard('finite', g.less(loss, 1e9));
  return g.build();
}

const nodeOf = ({ program }: CommitOrder, name: string) => {
  const id = program.updates[name]!;
  return program.nodes.findIndex(({ outputs }) => outputs.some((output) => output === id));
};

test('the guard comes first, and the rest keeps its order', () => {
  const order = commitOrder(step());
  const { program, beforeGuard } = order;
  expect(() => verify(program)).not.toThrow();
  expect(program.nodes[beforeGuard - 1]!.outputs).toEqual([program.outputs['finite']]);
  expect(order.commits.slice(0, beforeGuard - 1).flat()).toEqual([]);
  expect([...order.commits.flat(), ...order.together].sort()).toEqual(['a', 'b', 'c', 'm.a', 'm.b', 'm.c']);
  expect(commitOrderFaults(step(), order)).toHaveLength(1); // Another program's nodes.
});

test('without a guard nothing moves: gradients that are there are not kept waiting', () => {
  const program = step(false);
  const order = commitOrder(program);
  expect(order.program).toBe(program);
  expect(order.beforeGuard).toBe(program.nodes.length);
  expect(commitOrderFaults(program, order)).toEqual([]);
});

test('an update waits for the last reader of the old value', () => {
  const g = new GraphBuilder('late reader');
  const [w, x] = [g.state('w', spec), g.feed('x', spec)];
  g.update('w', g.add(w, x));
  g.update('v', g.mul(g.exp(x), w));
  const program = g.build();
  const order = commitOrder(program);
  expect(order.commits[nodeOf(order, 'w')]).toEqual([]);
  expect(order.commits[nodeOf(order, 'v')]).toEqual(['w', 'v']);
});

test('tensors that change places, and one whose old value is an output, take effect together', () => {
  const g = new GraphBuilder('swap');
  const [a, b, c] = ['a', 'b', 'c'].map((name) => g.state(name, spec));
  g.update('a', b!);
  g.update('b', a!);
  g.update('c', g.neg(c!));
  g.update('d', g.exp(c!));
  g.output('c', c!);
  const program = g.build();
  const order = commitOrder(program);
  expect(order.together).toEqual(['a', 'b', 'c']);
  expect(order.commits.flat()).toEqual(['d']);
  expect(commitOrderFaults(program, order)).toEqual([]);
});

test('a step that commits as it goes holds less, and computes the same', () => {
  const program = step();
  const order = commitOrder(program);
  const { commits } = order;
  expect(peakBytes(order.program, { commits })).toBeLessThan(peakBytes(program));
  const state = Object.fromEntries(
    Object.keys(program.state).map((name, i) => [name, array([4], [1, 2, 3, i + 4])]),
  );
  expect(interpret(order.program, { state })).toEqual(interpret(program, { state }));
});

test.each<[string, (order: CommitOrder) => CommitOrder, RegExp]>([
  ['a lost node', (o) => ({ ...o, program: { ...o.program, nodes: o.program.nodes.slice(1) } }), /not those/],
  [
    'an update that never happens',
    (o) => ({ ...o, commits: o.commits.map(() => []) }),
    /"a" takes effect 0 times/,
  ],
  ['an update that happens twice', (o) => ({ ...o, together: ['b'] }), /"b" takes effect 2 times/],
  [
    'an update before the guard',
    (o) => ({
      ...o,
      commits: [['a'], ...o.commits.slice(1).map((names) => names.filter((name) => name !== 'a'))],
    }),
    /"a" takes effect before the guard/,
  ],
  [
    'an old value that is read after it was replaced',
    (o) => ({
      ...o,
      commits: o.commits.map((names, i) =>
        i === o.beforeGuard - 1 ? ['a', ...names] : names.filter((name) => name !== 'a'),
      ),
    }),
    /reads "a" after it was replaced/,
  ],
  ['a guard that comes too late', (o) => ({ ...o, beforeGuard: 3 }), /Output "loss" comes after the guard/],
])('the checker sees %s', (_name, change, fault) => {
  const program = step();
  expect(commitOrderFaults(program, commitOrder(program))).toEqual([]);
  expect(commitOrderFaults(program, change(commitOrder(program)))).toContainEqual(
    expect.stringMatching(fault),
  );
});
