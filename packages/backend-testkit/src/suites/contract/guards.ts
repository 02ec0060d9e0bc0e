import {
  GraphBuilder,
  hostTensor,
  scalar,
  type HostTensors,
  type Program,
  type TensorSpecs,
} from '@attune/core';
import { assert, expectEqual } from '../../assertions/assert.js';
import { expectAllClose, expectValue, sameBits } from '../../assertions/close.js';
import { tolerancesFor } from '../../assertions/tolerances.js';
import { truth } from '../../kit/oracle.js';
import { randomTensor } from '../../kit/random-tensor.js';
import { testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';

/** All that a training step may keep: parameters and moments, a table, a pair that changes places, whole numbers, flags. */
const spec = {
  param: { shape: [40, 8], dtype: 'f32' },
  expAvg: { shape: [40, 8], dtype: 'f32' },
  expAvgSq: { shape: [40, 8], dtype: 'f32' },
  table: { shape: [64, 4], dtype: 'f32' },
  a: { shape: [5], dtype: 'f32' },
  b: { shape: [5], dtype: 'f32' },
  count: { shape: [3], dtype: 'i32' },
  flags: { shape: [5], dtype: 'bool' },
} as const satisfies TensorSpecs;

/** Updates all of it, if the loss is at most `limit`. */
function guardedStep(): Program {
  const g = new GraphBuilder('guarded step');
  const state = Object.fromEntries(Object.entries(spec).map(([name, one]) => [name, g.state(name, one)]));
  const { param, expAvg, expAvgSq, table, a, b, count, flags } = state;
  const grad = g.feed('grad', spec.param);
  const loss = g.mean(g.square(grad));
  const scalars = [0.01, 0.1, 0.05].map((value) => g.constant(value));
  const attributes = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 };
  const stepped = g.applyAll('adamW', [param!, grad, expAvg!, expAvgSq!, ...scalars], attributes);
  ['param', 'expAvg', 'expAvgSq'].forEach((name, i) => g.update(name, stepped[i]!));
  const rows = g.feed('rows', { shape: [9], dtype: 'i32' });
  g.update(
    'table',
    g.add(table!, g.scatterAdd(rows, g.feed('updates', { shape: [9, 4], dtype: 'f32' }), 64)),
  );
  g.update('a', b!);
  g.update('b', a!);
  g.update('count', g.add(count!, g.constant(1, [], 'i32')));
  g.update('flags', g.logicalNot(flags!));
  g.output('loss', loss);
  g.output('old param', param!);
  g.output('old sum', g.sum(g.mul(param!, 2)));
  g.output('next count', g.add(count!, g.constant(1, [], 'i32')));
  g.guard('allowed', g.lessEqual(loss, g.feed('limit', { shape: [], dtype: 'f32' })));
  return g.build();
}

const initial: HostTensors = {
  ...Object.fromEntries(
    Object.entries(spec).map(([name, one], i) => [name, randomTensor(70 + i, one, [-9, 9])]),
  ),
  expAvgSq: randomTensor(69, spec.expAvgSq, [0.01, 1]),
};

const feedsWith = (limit: number, seed = 1, bad?: number): HostTensors => {
  const grad = randomTensor(seed, spec.param);
  if (bad !== undefined) grad.data[17] = bad;
  return {
    grad,
    rows: hostTensor('i32', [9], [63, 0, 5, 5, 5, 17, 63, 1, 2]),
    updates: randomTensor(seed + 1, { shape: [9, 4], dtype: 'f32' }),
    limit: scalar(limit),
  };
};

/** Guards, on a step that updates many tensors: all of them, or none. */
export function describeGuards(context: SuiteContext): void {
  const { backend } = context;
  const step = guardedStep();
  const allowed = tolerancesFor(step, backend.capabilities.precision);

  /** A State before the step, and the step. */
  const onState = (
    body: (
      run: (feeds: HostTensors) => Promise<HostTensors>,
      read: () => Promise<HostTensors>,
    ) => Promise<void>,
  ) =>
    withState(backend, spec, (state) =>
      withCompiled(backend, state, [step], async (executable) => {
        await state.write(initial);
        await body(
          (feeds) => executable!.run(feeds),
          () => state.read(),
        );
      }),
    );

  const expectUntouched = (state: HostTensors, before: HostTensors, after: string) => {
    for (const [name, value] of Object.entries(before)) {
      assert(sameBits(state[name]!, value), `"${name}" was changed ${after}.`);
    }
  };

  context.runner.describe('guards', () => {
    testPrograms(context, 'a guard that is true commits every update', [step], () =>
      onState(async (run, read) => {
        const feeds = feedsWith(1);
        const expected = truth(step, feeds, initial);
        const outputs = await run(feeds);
        expectEqual(outputs['allowed']!.data[0], 1, 'allowed');
        const state = await read();
        for (const [name, value] of Object.entries(expected.updates)) {
          expectValue(state[name]!, value, name, allowed);
        }
      }),
    );

    testPrograms(context, 'outputs see a tensor as it was before it was replaced', [step], () =>
      onState(async (run) => {
        const feeds = feedsWith(1);
        const outputs = await run(feeds);
        assert(
          sameBits(outputs['old param']!, initial['param']!),
          'An output is of a tensor that was overwritten.',
        );
        expectValue(outputs['old sum']!, truth(step, feeds, initial).outputs['old sum']!, 'old sum', allowed);
      }),
    );

    for (const [name, limit, bad] of [
      ['a limit', 0, undefined],
      ['NaN', 1, Number.NaN],
      ['an infinity', 1, Infinity],
    ] as const) {
      testPrograms(context, `a guard that is false leaves every tensor bit for bit: ${name}`, [step], () =>
        onState(async (run, read) => {
          const feeds = feedsWith(limit, 1, bad);
          const expected = truth(step, feeds, initial).outputs;
          const outputs = await run(feeds);
          expectEqual(outputs['allowed']!.data[0], 0, 'allowed');
          expectValue(outputs['loss']!, expected['loss']!, 'loss');
          expectAllClose(outputs['next count']!, expected['next count']!, {}, 'next count');
          expectUntouched(await read(), initial, 'under a false guard');
        }),
      );
    }

    testPrograms(
      context,
      'steps that a guard drops leave no trace in those that follow',
      [step],
      async () => {
        let undisturbed: HostTensors = {};
        await onState(async (run, read) => {
          for (const seed of [1, 3]) await run(feedsWith(1, seed));
          undisturbed = await read();
        });
        await onState(async (run, read) => {
          const before = backend.memory();
          // Queued without waiting: the next one is under way before the host has seen the last one's guard.
          await Promise.all([
            run(feedsWith(0, 5)),
            run(feedsWith(1, 1)),
            // An odd number of steps is dropped: two that change places twice would show nothing.
            run(feedsWith(0, 7)),
            run(feedsWith(1, 9, Number.NaN)),
            run(feedsWith(1, 3)),
            run(feedsWith(0, 11)),
            run(feedsWith(0, 13)),
          ]);
          const usual = backend.memory();
          const state = await read();
          for (const [name, value] of Object.entries(undisturbed))
            expectValue(state[name]!, value, name, allowed);
          await run(feedsWith(0, 5));
          expectEqual(
            backend.memory(),
            usual,
            `memory() after a dropped step (${JSON.stringify(before)} at first)`,
          );
        });
      },
    );
  });
}
