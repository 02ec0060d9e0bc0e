import { GraphBuilder } from '../builder/index.js';
import { labelOf, type Program } from '../program/index.js';
import { numbersOf, randomProgram } from '../testing/random-program.js';
import { fuse, fusedOrder, fusionFaults, type FusionGroup } from './fuse.js';
import { programFaults } from './index.js';

const spec = { shape: [4, 3], dtype: 'f32' } as const;
const seeds = Array.from({ length: 60 }, (_, i) => i + 1);

const labels = (program: Program, groups: readonly FusionGroup[]) =>
  groups.map(({ nodes }) => nodes.map((index) => labelOf(program.nodes[index]!)));

/** The program with each group's nodes one after the other. */
function regrouped(program: Program, groups: readonly FusionGroup[]): Program {
  return { ...program, nodes: fusedOrder(program, groups)!.map((index) => program.nodes[index]!) };
}

test('a chain of elementwise ops is one loop, with a row broadcast into it', () => {
  const g = new GraphBuilder('chain');
  const [x, row] = [g.feed('x', spec), g.feed('row', { shape: [3], dtype: 'f32' })];
  g.output('y', g.mul(g.tanh(g.add(x, row)), 2));
  const program = g.build();
  const groups = fuse(program);
  expect(labels(program, groups)).toEqual([['add', 'tanh', 'mul']]);
  const [group] = groups as [FusionGroup];
  expect(group.shape).toEqual([4, 3]);
  expect(group.inputs).toHaveLength(3);
  expect(group.outputs).toEqual([program.outputs['y']]);
});

test('a reduction parts two loops, though the second reads the first', () => {
  const g = new GraphBuilder('softmax');
  const x = g.feed('x', spec);
  const e = g.exp(g.sub(x, g.max(x, [1], true)));
  g.output('y', g.div(e, g.sum(e, [1], true)));
  const program = g.build();
  // The quotient needs the sum, which needs the exponentials: it cannot be in their loop.
  expect(labels(program, fuse(program))).toEqual([['sub', 'exp']]);
  expect(fusionFaults(program, fuse(program))).toEqual([]);
});

test('what is stored is what is needed outside', () => {
  const g = new GraphBuilder('stored');
  const y = g.tanh(g.feed('x', spec));
  const z = g.neg(g.abs(y));
  g.output('sum', g.sum(y));
  g.output('z', z);
  const program = g.build();
  const [group] = fuse(program) as [FusionGroup];
  expect([...group.outputs].sort()).toEqual(
    [y, z].map((_, i) => program.nodes[group.nodes[i * 2]!]!.outputs[0]!).sort(),
  );
});

test('a loop holds no more values than a device binds', () => {
  const g = new GraphBuilder('many');
  const feeds = Array.from({ length: 8 }, (_, i) => g.feed(`x${i}`, spec));
  g.output(
    'y',
    feeds.reduce((a, b) => g.add(a, b)),
  );
  const program = g.build();
  expect(labels(program, fuse(program))).toEqual([Array<string>(7).fill('add')]);
  const small = fuse(program, { maxValues: 4 });
  expect(small.length).toBeGreaterThan(1);
  expect(fusionFaults(program, small, { maxValues: 4 })).toEqual([]);
  expect(fusionFaults(program, fuse(program), { maxValues: 4 })).toEqual([
    'group 0 reads and writes more than 4 values.',
  ]);
});

test.each(seeds)(
  'groups are legal, and running them as wholes changes nothing: random program %i',
  (seed) => {
    const program = randomProgram(seed);
    const groups = fuse(program);
    expect(fusionFaults(program, groups)).toEqual([]);
    const reordered = regrouped(program, groups);
    expect(programFaults(reordered)).toEqual([]);
    expect(numbersOf(reordered, seed)).toEqual(numbersOf(program, seed));
  },
);

test('random programs have groups to find', () => {
  const sizes = seeds.flatMap((seed) => fuse(randomProgram(seed)).map(({ nodes }) => nodes.length));
  expect(sizes.length).toBeGreaterThan(100);
  expect(Math.max(...sizes)).toBeGreaterThan(4);
});

describe('the checker sees', () => {
  const g = new GraphBuilder('checked');
  const x = g.feed('x', spec);
  const e = g.exp(x);
  g.output('y', g.div(e, g.sum(e, [1], true)));
  g.output('z', g.neg(g.tanh(x)));
  const program = g.build();
  const at = (label: string) => program.nodes.findIndex((node) => labelOf(node) === label);
  const valueAt = (label: string) => program.nodes[at(label)]!.outputs[0]!;
  const [right] = fuse(program) as [FusionGroup];

  test.each<[string, FusionGroup[], RegExp]>([
    [
      'a group with a way around it',
      [
        {
          nodes: [at('exp'), at('div')],
          shape: [4, 3],
          inputs: [valueAt('feed'), valueAt('sum')],
          outputs: [valueAt('exp'), valueAt('div')],
        },
      ],
      /wait for each other/,
    ],
    [
      'a node that is not elementwise',
      [{ ...right, nodes: [at('sum'), ...right.nodes].sort((a, b) => a - b) }],
      /not elementwise/,
    ],
    ['another shape', [{ ...right, shape: [4] }], /of another shape/],
    ['a node in two groups', [right, right], /which another holds/],
    ['a node that does not exist', [{ ...right, nodes: [...right.nodes, 99] }], /not elementwise/],
    ['another order', [{ ...right, nodes: [...right.nodes].reverse() }], /out of order/],
    ['an input that is left out', [{ ...right, inputs: [] }], /reads other values/],
    ['a result that is not stored', [{ ...right, outputs: [] }], /stores other values/],
  ])('%s', (_name, groups, fault) => {
    expect(labels(program, [right])).toEqual([['tanh', 'neg']]);
    expect(fusionFaults(program, groups)).toContainEqual(expect.stringMatching(fault));
  });

  test('two groups that wait for each other', () => {
    const h = new GraphBuilder('crossed');
    const [a, b] = [h.tanh(h.feed('a', spec)), h.sigmoid(h.feed('b', spec))];
    h.output('a', h.add(a, h.sum(b, [1], true)));
    h.output('b', h.sub(b, h.sum(a, [1], true)));
    const crossed = h.build();
    const position = (label: string) => crossed.nodes.findIndex((node) => labelOf(node) === label);
    const groupOf = (first: string, second: string) => ({
      nodes: [position(first), position(second)].sort((m, n) => m - n),
    });
    // Each is legal alone.
    expect(fusedOrder(crossed, [groupOf('tanh', 'add')])).toBeDefined();
    expect(fusedOrder(crossed, [groupOf('sigmoid', 'sub')])).toBeDefined();
    expect(fusedOrder(crossed, [groupOf('tanh', 'add'), groupOf('sigmoid', 'sub')])).toBeUndefined();
    expect(fusionFaults(crossed, fuse(crossed))).toEqual([]);
  });
});
