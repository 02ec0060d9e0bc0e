import { GraphBuilder } from '../builder/builder.js';
import { constantValues, lastUses, peakBytes } from './analysis.js';
import { labelOf, type Program, type ValueId } from './program.js';

/** a = eˣ, y = (a − a) · √2: values of 40 bytes but for the constants. */
function chain(): Program {
  const g = new GraphBuilder('chain');
  const a = g.exp(g.feed('x', { shape: [10], dtype: 'f32' }));
  g.output('y', g.mul(g.add(a, g.neg(a)), g.sqrt(g.constant(2))));
  return g.build();
}

const opOf = (program: Program) => (id: ValueId) =>
  labelOf(program.nodes.find(({ outputs }) => outputs.some((output) => output === id))!);

test('a value dies at its last use, and a result never', () => {
  const program = chain();
  const deaths = lastUses(program).map((ids, i) => [
    labelOf(program.nodes[i]!),
    ids.map(opOf(program)).sort(),
  ]);
  expect(deaths).toEqual([
    ['feed', []],
    ['exp', ['feed']],
    ['neg', []],
    ['add', ['exp', 'neg']],
    ['constant', []],
    ['sqrt', ['constant']],
    ['mul', ['add', 'sqrt']],
  ]);
});

test('a value that nobody reads dies where it is computed', () => {
  const g = new GraphBuilder('second output');
  const x = g.feed('x', { shape: [4, 3], dtype: 'f32' });
  const [dx] = g.applyAll('layerNormGrad', [x, g.constant(1, [3]), x], { epsilon: 1e-5 });
  g.output('dx', dx!);
  const program = g.build();
  const last = program.nodes.length - 1;
  const [, dWeight, dBias] = program.nodes[last]!.outputs;
  expect(lastUses(program)[last]).toEqual(expect.arrayContaining([dWeight, dBias]));
});

test('peakBytes counts intermediates alive at once, and neither feeds nor state', () => {
  // At the add: a, −a and their sum, of 40 bytes each.
  expect(peakBytes(chain())).toBe(120);
  const g = new GraphBuilder('copy');
  g.update('w', g.add(g.state('w', { shape: [1000], dtype: 'f32' }), 1));
  expect(peakBytes(g.build())).toBe(4000 + 4);
});

test('constants are what depends on neither feeds nor state', () => {
  const program = chain();
  expect([...constantValues(program)].map(opOf(program))).toEqual(['constant', 'sqrt']);
});
