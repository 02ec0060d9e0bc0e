import { GraphBuilder } from '../builder/index.js';
import type { Tensor } from '../graph/index.js';
import { opNodes, type Program } from '../program/index.js';
import { groupFaults, groupUpdates, type UpdateGroup } from './group-updates.js';

const decayed = ['a', 'c'];

/** An AdamW step of five parameters, two of them with weight decay; `e` is of another step. */
function step(finish?: (g: GraphBuilder, results: Record<string, readonly Tensor[]>) => void): Program {
  const g = new GraphBuilder('step');
  const results: Record<string, readonly Tensor[]> = {};
  ['a', 'b', 'c', 'd', 'e'].forEach((name, i) => {
    const spec = { shape: [i + 1], dtype: 'f32' } as const;
    const [param, m, v] = ['', 'm.', 'v.'].map((kind) => g.state(`${kind}${name}`, spec));
    const rate = name === 'e' ? 'other' : 'lr';
    const scalars = [rate, 'c1', 'c2'].map((feed) => g.feed(feed, { shape: [], dtype: 'f32' }));
    const updated = g.applyAll('adamW', [param!, g.mul(param!, 2), m!, v!, ...scalars], {
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay: decayed.includes(name) ? 0.1 : 0,
    });
    ['', 'm.', 'v.'].forEach((kind, part) => g.update(`${kind}${name}`, updated[part]!));
    results[name] = updated;
  });
  finish?.(g, results);
  return g.build();
}

const all = () => true;
/** Groups by the names of their parameters. */
const namesOf = (program: Program, groups: readonly UpdateGroup[]) =>
  groups.map((group) =>
    group.map(({ outputs }) => Object.entries(program.updates).find(([, id]) => id === outputs[0])![0]),
  );

test('updates of the same constants and the same step are one', () => {
  const program = step();
  expect(namesOf(program, groupUpdates(program, all))).toEqual([
    ['a', 'c'],
    ['b', 'd'],
  ]);
  expect(groupFaults(program, groupUpdates(program, all))).toEqual([]);
});

test('a result that something is computed from keeps its update apart', () => {
  const program = step((g, { b }) => g.output('sum', g.sum(b![1]!)));
  expect(namesOf(program, groupUpdates(program, all))).toEqual([['a', 'c']]);
});

test('an engine leaves out what is not worth it', () => {
  const program = step();
  const small = groupUpdates(program, ({ outputs }) => program.values[outputs[0]!]!.shape[0]! < 3);
  expect(small).toEqual([]);
});

test.each<[string, (program: Program, groups: UpdateGroup[]) => UpdateGroup[], RegExp]>([
  ['a lonely member', (_p, [first]) => [first!.slice(0, 1)], /fewer than two/],
  [
    'a member of another step',
    (p, [, second]) => [[...second!, opNodes(p).filter(({ op }) => op === 'adamW')[4]!]],
    /different steps/,
  ],
  ['a member twice', (_p, [first]) => [first!, first!], /in a group already/],
  ['another order', (_p, [first]) => [[...first!].reverse()], /out of order/],
  [
    'what is no update',
    (p, [first]) => [[...first!, opNodes(p).find(({ op }) => op === 'mul')!]],
    /no update \(mul\)/,
  ],
  ['a node of another program', (_p, [first]) => [[...first!, { ...first![0]! }]], /not in the program/],
])('the checker sees %s', (_name, change, fault) => {
  const program = step();
  const changed = change(program, groupUpdates(program, all));
  expect(groupFaults(program, changed)).toContainEqual(expect.stringMatching(fault));
});

test('the checker sees a result that is read', () => {
  const program = step((g, { b }) => g.output('sum', g.sum(b![1]!)));
  const updates = opNodes(program).filter(({ op }) => op === 'adamW');
  expect(groupFaults(program, [[updates[1]!, updates[3]!]])).toEqual([
    'group 0 has a result that is read (0).',
  ]);
});
