import {
  GraphBuilder,
  hostTensor,
  scalar,
  type HostTensors,
  type Program,
  type TensorSpecs,
} from '@attune/core';
import { expectEqual } from '../../assertions/assert.js';
import { expectAllClose } from '../../assertions/close.js';
import { handled, testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';
import { accumulateProgram, counter } from '../shared/programs.js';

/** Tensors of many sizes, which all hold the same number. */
const uniform: TensorSpecs = Object.fromEntries(
  [[], [3], [2, 5], [1000], [70, 90], [4]].map((shape, i) => [`t${i}`, { shape, dtype: 'f32' as const }]),
);

/** Adds a number to all of them. */
function addToAll(): Program {
  const g = new GraphBuilder('add to all');
  const by = g.feed('by', { shape: [], dtype: 'f32' });
  for (const [name, spec] of Object.entries(uniform)) g.update(name, g.add(g.state(name, spec), by));
  g.output('by', g.mul(by, 1));
  return g.build();
}

const filled = (value: number): HostTensors =>
  Object.fromEntries(
    Object.entries(uniform).map(([name, { shape }]) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [name, hostTensor('f32', shape, new Float32Array(size).fill(value))];
    }),
  );

function expectAll(values: HostTensors, value: number, what: string): void {
  for (const [name, expected] of Object.entries(filled(value))) {
    expectAllClose(values[name]!, expected, {}, `${name}, ${what}`);
  }
}

/** `total = total · 0.5 + x`, through intermediates that an engine would keep in scratch memory. */
function scratchProgram(name: string, factor: number): Program {
  const g = new GraphBuilder(name);
  const total = g.state('total', { shape: [300], dtype: 'f32' });
  let value = g.mul(total, 0.5);
  // Whole numbers all the way, times a power of 2: exact, whatever the order.
  for (let i = 1; i <= 6; i++) value = g.sub(g.mul(g.add(value, i), 2), g.add(value, 2 * i));
  const next = g.add(value, g.mul(g.feed('x', { shape: [300], dtype: 'f32' }), factor));
  g.update('total', next);
  g.output('next', next);
  return g.build();
}

const vector = (of: (i: number) => number) =>
  hostTensor(
    'f32',
    [300],
    Float32Array.from({ length: 300 }, (_, i) => of(i)),
  );

/** The isolation of runs, reads and writes: on one State all or nothing, on two nothing at all. */
export function describeIsolation(context: SuiteContext): void {
  const { backend } = context;
  context.runner.describe('isolation', () => {
    const add = addToAll();
    testPrograms(context, 'a read or write of several tensors falls between two runs as a whole', [add], () =>
      withState(backend, uniform, (state) =>
        withCompiled(backend, state, [add], async (run) => {
          const step = () => handled(run!.run({ by: scalar(1) }));
          const read = () => handled(state.read());
          const write = (value: number) => handled(state.write(filled(value)));
          // Nothing is awaited: all of it is in the queue at once.
          const work = [step(), step()] as Promise<unknown>[];
          const first = read();
          work.push(step(), write(100));
          const second = read();
          work.push(step(), step());
          const third = read();
          work.push(write(-7), step());
          const fourth = read();
          work.push(step());
          expectAll(await first, 2, 'after two runs');
          expectAll(await second, 100, 'after a write');
          expectAll(await third, 102, 'after a write and two runs');
          expectAll(await fourth, -6, 'after a write and a run');
          await Promise.all(work);
          expectAll(await state.read(), -5, 'at the end');
        }),
      ),
    );

    const [one, same, other] = [
      scratchProgram('scratch', 1),
      scratchProgram('scratch', 1),
      scratchProgram('another', -4),
    ];
    const spec = { total: { shape: [300], dtype: 'f32' } } as const;
    for (const [name, programs] of [
      ['the same program', [one, same]],
      ['two programs', [one, other]],
    ] as const) {
      testPrograms(context, `runs on two States, side by side, do not meet: ${name}`, programs, () =>
        withState(backend, spec, (first) =>
          withState(backend, spec, (second) =>
            withCompiled(backend, first, [programs[0]], (left) =>
              withCompiled(backend, second, [programs[1]], async (right) => {
                const factors = [1, programs[1] === same ? 1 : -4];
                const feeds = (n: number) => [vector((i) => i * n), vector((i) => 1000 - i * n)] as const;
                const steps = [1, 2, 3, 4].map((n) =>
                  feeds(n).map((x, side) => handled([left!, right!][side]!.run({ x }))),
                );
                const totals = [vector(() => 0), vector(() => 0)];
                for (const [step, results] of steps.entries()) {
                  for (const [side, result] of results.entries()) {
                    const x = feeds(step + 1)[side]!.data;
                    const before = totals[side]!.data;
                    totals[side] = vector((i) => before[i]! * 0.5 + factors[side]! * x[i]!);
                    const what = `next of step ${step + 1} on State ${side + 1}`;
                    expectAllClose((await result)['next']!, totals[side], {}, what);
                  }
                }
                for (const [side, state] of [first, second].entries()) {
                  expectAllClose(
                    (await state.read())['total']!,
                    totals[side]!,
                    {},
                    `total of State ${side + 1}`,
                  );
                }
              }),
            ),
          ),
        ),
      );
    }

    const programs = [1, -2, 5].map((factor) => {
      const g = new GraphBuilder('of one name');
      const next = g.add(g.state('total', counter), g.mul(g.feed('x', counter), factor));
      g.update('total', next);
      g.output('next', next);
      return g.build();
    });
    testPrograms(context, 'programs of one name are distinguished by what they compute', programs, () =>
      withState(backend, { total: counter }, (state) =>
        withCompiled(backend, state, [...programs, accumulateProgram()], async (...runs) => {
          const x = hostTensor('f32', [3], [1, 10, 100]);
          const seen: number[] = [];
          for (const run of runs.slice(0, 3)) seen.push((await run.run({ x }))['next']!.data[0]!);
          expectEqual(seen, [1, -1, 4], 'totals, one program after the other');
        }),
      ),
    );
  });
}
