import { GraphBuilder, hostTensor, scalar, type Program } from '@attune/core';
import { assert, expectEqual } from '../../assertions/assert.js';
import { expectAllClose, sameBits } from '../../assertions/close.js';
import { randomTensor } from '../../kit/random-tensor.js';
import { skippedName } from '../../kit/runner.js';
import { testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';
import { accumulateProgram, counter, networkSpec, networkStep, scaleProgram } from '../shared/programs.js';

const three = (...values: number[]) => hostTensor('f32', [3], values);

/** Puts out its feed as it is. */
function echoProgram(): Program {
  const g = new GraphBuilder('echo');
  g.output('x', g.feed('x', counter));
  return g.build();
}

/** Both tensors become `a + x`. */
function twinsProgram(): Program {
  const g = new GraphBuilder('twins');
  const next = g.add(g.state('a', counter), g.feed('x', counter));
  g.state('b', counter);
  g.update('a', next);
  g.update('b', next);
  return g.build();
}

/** `a += x`, and nothing else. */
function oneProgram(): Program {
  const g = new GraphBuilder('one of them');
  g.update('a', g.add(g.state('a', counter), g.feed('x', counter)));
  return g.build();
}

/** `b = a`: a copy, which goes its own way. */
function copyProgram(): Program {
  const g = new GraphBuilder('copy');
  g.state('b', counter);
  g.update('b', g.state('a', counter));
  return g.build();
}

/** Tensors are in one place each: a State's, the caller's, and nowhere else. */
export function describeOwnership(context: SuiteContext): void {
  const { backend, runner } = context;
  runner.describe('ownership', () => {
    const [scale, echo] = [scaleProgram(), echoProgram()];
    testPrograms(context, 'outputs are the caller’s, who may overwrite them', [scale, echo], () =>
      withState(backend, { total: counter }, (state) =>
        withCompiled(backend, state, [scale, echo], async (run, repeat) => {
          await state.write({ total: three(1, 2, 3) });
          (await run!.run({ factor: scalar(2) }))['total']!.data.fill(99);
          expectAllClose((await state.read())['total']!, three(2, 4, 6), {}, 'total');
          const second = (await run!.run({ factor: scalar(2) }))['total']!;
          expectAllClose(second, three(4, 8, 12), {}, 'total, put out by the next run');
          const x = three(5, 6, 7);
          (await repeat!.run({ x }))['x']!.data.fill(99);
          expectAllClose(x, three(5, 6, 7), {}, 'the feed that was put out as it is');
        }),
      ),
    );

    const programs = [twinsProgram(), oneProgram(), copyProgram()];
    testPrograms(context, 'tensors that were updated from one value are two', programs, () =>
      withState(backend, { a: counter, b: counter }, (state) =>
        withCompiled(backend, state, programs, async (twins, one, copy) => {
          const x = three(1, 10, 100);
          const expectBoth = async (a: number, b: number, after: string) => {
            const read = await state.read();
            expectAllClose(read['a']!, three(a, 10 * a, 100 * a), {}, `a, after ${after}`);
            expectAllClose(read['b']!, three(b, 10 * b, 100 * b), {}, `b, after ${after}`);
          };
          await twins!.run({ x });
          await one!.run({ x });
          await expectBoth(2, 1, 'a run that updates a');
          await copy!.run();
          await one!.run({ x });
          await expectBoth(3, 2, 'a copy, and a run that updates a');
          await state.write({ a: three(0, 0, 0) });
          await expectBoth(0, 2, 'a write to a');
        }),
      ),
    );

    runner.test('a program is not changed by those who compile and run it', () =>
      withState(backend, networkSpec, async (state) => {
        const program = networkStep();
        const before = JSON.stringify(program);
        const executable = await backend.compile(program, state);
        expectEqual(JSON.stringify(program) === before, true, 'the program is as it was');
        executable.dispose();
      }),
    );

    const step = networkStep();
    const name = 'a State that is read and written into another one goes on, bit for bit';
    if (!backend.capabilities.deterministic) {
      runner.test.skip(skippedName(name, 'capabilities.deterministic is false'), async () => undefined);
      return;
    }
    testPrograms(context, name, [step], async () => {
      const start = Object.fromEntries(
        Object.entries(networkSpec).map(([key, one], i) => [key, randomTensor(40 + i, one)]),
      );
      const feeds = (at: number) => ({
        x: randomTensor(500 + at, { shape: [6, 4], dtype: 'f32' }),
        y: randomTensor(600 + at, { shape: [6], dtype: 'i32' }, [0, 5]),
        seed: hostTensor('i32', [], [at]),
      });
      /** Steps on a State of their own, from given values. */
      const steps = (from: typeof start, first: number, last: number) =>
        withState(backend, networkSpec, (state) =>
          withCompiled(backend, state, [step], async (run) => {
            await state.write(from);
            for (let at = first; at < last; at++) await run!.run(feeds(at));
            return state.read();
          }),
        );
      const straight = await steps(start, 0, 8);
      const resumed = await steps(await steps(start, 0, 4), 4, 8);
      for (const key of Object.keys(straight)) {
        assert(
          sameBits(straight[key]!, resumed[key]!),
          `"${key}" differs: something that the next step depends on is not in the State, or not in float32.`,
        );
      }
    });
  });

  runner.describe('memory', () => {
    runner.test('counts tensors of every dtype, and those of a child', () =>
      withState(backend, {}, async (parent) => {
        for (const [dtype, bytes] of [
          ['f32', 4],
          ['i32', 4],
          ['bool', 1],
        ] as const) {
          const before = backend.memory();
          const child = await parent.extend({ t: { shape: [1000], dtype } });
          const grown = backend.memory();
          assert(
            grown.bytes - before.bytes >= 1000 * bytes && grown.buffers > before.buffers,
            `A child State with 1000 ${dtype} was allocated, but memory() went from ${JSON.stringify(before)} to ${JSON.stringify(grown)}.`,
          );
          child.dispose();
          expectEqual(backend.memory(), before, `memory() after the child with ${dtype} was disposed`);
        }
      }),
    );

    runner.test('is given back by every program that is disposed', () =>
      withState(backend, { total: counter }, async (state) => {
        const once = async () => {
          const executable = await backend.compile(accumulateProgram(), state);
          await executable.run({ x: three(1, 2, 3) });
          executable.dispose();
        };
        await once();
        const before = backend.memory();
        for (let i = 0; i < 5; i++) await once();
        expectEqual(backend.memory(), before, 'memory() after five programs');
      }),
    );
  });
}
