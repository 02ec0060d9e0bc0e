import { GraphBuilder } from '../builder/builder.js';
import { labelOf, type Program, type ProgramNode } from '../program/program.js';
import { missingOps, programFaults, verify } from './verify.js';

function example(): Program {
  const g = new GraphBuilder('example');
  const x = g.feed('x', { shape: [2, 3], dtype: 'f32' });
  const w = g.state('w', { shape: [3], dtype: 'f32' });
  g.update('w', g.add(w, g.sum(x, [0])));
  g.output('y', g.mul(x, w));
  return g.build();
}

/** The program with one node changed, into what no type would allow. */
function withNode(program: Program, label: string, change: object | null): Program {
  const changed = (node: ProgramNode) => (change === null ? null : { ...node, ...change }) as ProgramNode;
  return {
    ...program,
    nodes: program.nodes.map((node) => (labelOf(node) === label ? changed(node) : node)),
  };
}

test('what a builder wrote is well formed', () => {
  expect(programFaults(example())).toEqual([]);
  expect(() => verify(example())).not.toThrow();
});

test.each<[string, (program: Program) => Program, string]>([
  ['an unknown op', (p) => withNode(p, 'sum', { op: 'summ' }), '(summ): there is no such op.'],
  [
    'a name every object has',
    (p) => withNode(p, 'sum', { op: 'toString' }),
    '(toString): there is no such op.',
  ],
  [
    'a value used too early',
    (p) => withNode(p, 'sum', { inputs: [4] }),
    '(sum): reads value 4 before it is computed.',
  ],
  [
    'a shape that does not follow',
    (p) => withNode(p, 'sum', { attrs: { axes: [1], keepDims: false } }),
    '(sum): yields f32[2], but is recorded as f32[3].',
  ],
  [
    'an axis that is not there',
    (p) => withNode(p, 'sum', { attrs: { axes: [7], keepDims: false } }),
    '(sum): sum: [2, 3] has no axis 7.',
  ],
  [
    'attributes that fail the op’s rule',
    (p) => withNode(p, 'add', { inputs: [0, 0, 0] }),
    '(add): add takes 2 inputs, but got 3.',
  ],
  ['a missing result', (p) => withNode(p, 'sum', { outputs: [] }), '(sum): yields 1 values, but names 0.'],
  [
    'a value computed twice',
    (p) => withNode(p, 'mul', { outputs: [0] }),
    '(mul): value 0 is computed twice.',
  ],
  [
    'an undeclared feed',
    (p) => ({ ...p, feeds: {} }),
    '(feed): "x" is not declared among the program\'s inputs.',
  ],
  [
    'a feed of another shape',
    (p) => ({ ...p, feeds: { x: { shape: [2], dtype: 'f32' } } }),
    '"x" is declared as f32[2], but used otherwise.',
  ],
  [
    'a feed whose value disagrees',
    (p) => ({ ...p, values: p.values.map((spec, i) => (i === 0 ? { shape: [9], dtype: 'f32' } : spec)) }),
    '(feed): "x" is declared as f32[2, 3], but used otherwise.',
  ],
  [
    'a feed whose name every object has',
    (p) => withNode(p, 'feed', { name: 'toString' }),
    '(feed): "toString" is not declared among the program\'s inputs.',
  ],
  [
    'a feed of a shape that is none',
    (p) => {
      const spec = { shape: [2, -3], dtype: 'f32' } as const;
      return { ...p, feeds: { x: spec }, values: p.values.map((value, i) => (i === 0 ? spec : value)) };
    },
    '(feed): [2, -3] is not a shape.',
  ],
  ['a node that is none', (p) => withNode(p, 'sum', null), 'node 2: is no node.'],
  [
    'a node of an unknown kind',
    (p) => withNode(p, 'feed', { kind: 'fee' }),
    'node 0 (fee): is neither a feed nor a state nor an op.',
  ],
  ['a feed without a name', (p) => withNode(p, 'feed', { name: 7 }), '(feed): has no name.'],
  [
    'a state that yields two values',
    (p) => withNode(p, 'state', { outputs: [1, 5] }),
    '(state): takes no values, and yields one.',
  ],
  ['an op without attributes', (p) => withNode(p, 'sum', { attrs: undefined }), '(sum): has no attributes.'],
  [
    'inputs that are no values',
    (p) => withNode(p, 'sum', { inputs: ['0'] }),
    '(sum): inputs and outputs must be lists of values.',
  ],
  [
    'a value without a spec',
    (p) => ({ ...p, values: p.values.map((spec, i) => (i === 0 ? undefined! : spec)) }),
    '(sum): reads value 0, which has no spec.',
  ],
  [
    'an output nothing computes',
    (p) => ({ ...p, outputs: { y: 77 } }),
    'output "y": nothing computes value 77.',
  ],
  [
    'an undeclared update',
    (p) => ({ ...p, updates: { v: 0 } }),
    'update "v": the program declares no such state.',
  ],
  [
    'an update of another shape',
    (p) => ({ ...p, updates: { w: 0 } }),
    'update "w": the state is f32[3], but the value f32[2, 3].',
  ],
])('finds %s', (_name, change, fault) => {
  expect(programFaults(change(example()))).toContainEqual(expect.stringContaining(fault));
});

test('lists every fault at once, in the message and as data', () => {
  const broken = {
    ...withNode(withNode(example(), 'sum', { op: 'summ' }), 'mul', { inputs: [99, 0] }),
    updates: { v: 0 },
  };
  expect(() => verify(broken)).toThrow(
    expect.objectContaining({
      code: 'INVALID_PROGRAM',
      message: expect.stringMatching(/"example" has 3 faults:\n.*summ.*\n(.*\n)*.*value 99.*\n(.*\n)*.*"v"/),
      data: { faults: expect.arrayContaining([expect.stringContaining('summ')]) },
    }),
  );
});

test('missingOps names each op an engine lacks, once, in order of first use', () => {
  expect(missingOps(example(), new Set(['add']))).toEqual(['sum', 'mul']);
});
