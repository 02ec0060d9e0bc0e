import { GraphBuilder } from '../builder/index.js';
import { constantFaults, foldConstants } from './fold-constants.js';

/** y = x · √2 + table, all of it constant but x. */
function example() {
  const g = new GraphBuilder('constants');
  const table = g.cast(g.lessEqual(g.iota([2, 2], 1), g.iota([2, 2], 0)), 'f32');
  const root = g.sqrt(g.constant(2));
  const y = g.add(g.mul(g.feed('x', { shape: [2, 2], dtype: 'f32' }), root), table);
  g.output('y', y);
  g.output('table', table);
  g.output('root', root);
  return g.build();
}

test('constants are found, and computed in float64', () => {
  const program = example();
  const constants = foldConstants(program);
  expect(constantFaults(program, constants)).toEqual([]);
  expect(constants.ids.has(program.outputs['y']!)).toBe(false);
  expect([...constants.valueOf(program.outputs['table']!).data]).toEqual([1, 0, 1, 1]);
  expect(constants.valueOf(program.outputs['root']!).data[0]).toBe(Math.fround(Math.SQRT2));
});

test('the checker sees what is no constant, and what was missed', () => {
  const program = example();
  const { ids } = foldConstants(program);
  const y = program.outputs['y']!;
  const table = program.outputs['table']!;
  expect(constantFaults(program, { ids: new Set([...ids, y]) })).toEqual([`Value ${y} depends on an input.`]);
  const fewer = new Set([...ids].filter((id) => id !== table));
  expect(constantFaults(program, { ids: fewer })).toEqual([`Value ${table} is the same in every run.`]);
});
