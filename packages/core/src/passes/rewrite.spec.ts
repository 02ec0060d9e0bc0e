import { GraphBuilder } from '../builder/index.js';
import { interpret } from '../interpreter/index.js';
import { opNodes, type Program } from '../program/index.js';
import { array } from '../testing/run.js';
import { rewrite, type Replacement } from './rewrite.js';

const spec = { shape: [3], dtype: 'f32' } as const;

/** y = (x · x) + w, w' = tanh(x). */
function program(): Program {
  const g = new GraphBuilder('program');
  const [x, w] = [g.feed('x', spec), g.state('w', spec)];
  const squared = g.mul(x, x);
  g.output('y', g.add(squared, w));
  g.update('w', g.tanh(x));
  g.guard('small', g.less(g.max(squared), 100));
  return g.build();
}

const nodeOf = (p: Program, op: string) => opNodes(p).find((node) => node.op === op)!;
const inputs = { feeds: { x: array([3], [1, -2, 3]) }, state: { w: array([3], [5, 6, 7]) } };

/** Replaces the product by a sum of squares that is the same. */
const byExponents = (p: Program): Replacement => {
  const node = nodeOf(p, 'mul');
  return {
    nodes: [node],
    write: (g, valueOf) => {
      const magnitude = g.abs(valueOf(node.inputs[0]!));
      return new Map([[node.outputs[0]!, g.mul(magnitude, magnitude)]]);
    },
  };
};

test('with nothing to replace, the program is the same', () => {
  expect(rewrite(program(), [])).toEqual(program());
});

test('what replaces a node is read where the node was', () => {
  const p = program();
  const rewritten = rewrite(p, [byExponents(p)]);
  expect(opNodes(rewritten).map(({ op }) => op)).toContain('abs');
  expect(rewritten.guard).toBe('small');
  expect(interpret(rewritten, inputs)).toEqual(interpret(p, inputs));
});

test('several nodes are replaced when the last of them is reached, and their updates may fall away', () => {
  const p = program();
  const [add, tanh] = [nodeOf(p, 'add'), nodeOf(p, 'tanh')];
  const rewritten = rewrite(p, [
    {
      nodes: [add, tanh],
      dropsUpdates: ['w'],
      write: (g, valueOf) => {
        g.update('v', g.neg(valueOf(tanh.inputs[0]!)));
        return new Map([[add.outputs[0]!, g.sub(valueOf(add.inputs[0]!), 1)]]);
      },
    },
  ]);
  expect(Object.keys(rewritten.updates)).toEqual(['v']);
  expect(rewritten.state).toEqual({ v: spec });
  expect([...interpret(rewritten, inputs).outputs['y']!.data]).toEqual([0, 3, 8]);
});

test.each<[string, (p: Program) => Replacement[], RegExp]>([
  [
    'a replacement of another shape',
    (p) => [{ ...byExponents(p), write: (g) => new Map([[nodeOf(p, 'mul').outputs[0]!, g.constant(1)]]) }],
    /is f32\[3\], its replacement f32\[\]/,
  ],
  [
    'a value that is left without one',
    (p) => [{ ...byExponents(p), write: () => new Map() }],
    /nothing stands for value/,
  ],
  ['two replacements of a node', (p) => [byExponents(p), byExponents(p)], /\(mul\) is replaced twice/],
])('refuses %s', (_name, replacements, message) => {
  const p = program();
  expect(() => rewrite(p, replacements(p))).toThrow(expect.objectContaining({ code: 'INVALID_PROGRAM' }));
  expect(() => rewrite(p, replacements(p))).toThrow(message);
});
