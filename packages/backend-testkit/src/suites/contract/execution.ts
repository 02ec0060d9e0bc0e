import { hostTensor, scalar, type HostTensor } from '@attune/core';
import { assert, expectEqual, expectError } from '../../assertions/assert.js';
import { expectAllClose, sameBits } from '../../assertions/close.js';
import { randomTensor } from '../../kit/random-tensor.js';
import { skippedName } from '../../kit/runner.js';
import { handled, testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';
import {
  accumulateProgram,
  cacheProgram,
  counter,
  guardedProgram,
  networkSpec,
  networkStep,
  scaleProgram,
  swapProgram,
} from '../shared/programs.js';

const three = (...values: number[]): HostTensor => hostTensor('f32', [3], values);

function networkFeeds(step: number) {
  return {
    x: randomTensor(100 + step, { shape: [6, 4], dtype: 'f32' }),
    y: randomTensor(200 + step, { shape: [6], dtype: 'i32' }, [0, 5]),
    seed: hostTensor('i32', [], [step]),
  };
}

/** Runs: their order, what they see, what they leave. */
export function describeExecution(context: SuiteContext): void {
  const { backend } = context;
  const { describe, test } = context.runner;

  describe('runs', () => {
    const [accumulate, scale, swap, cache] = [
      accumulateProgram(),
      scaleProgram(),
      swapProgram(),
      cacheProgram(),
    ];

    test('each sees its own feeds', () =>
      withState(backend, { total: counter }, (state) =>
        withCompiled(backend, state, [accumulate], async (run) => {
          for (let n = 1; n <= 5; n++) await run!.run({ x: three(n, 10 * n, -n) });
          expectAllClose((await state.read())['total']!, three(15, 150, -15), {}, 'total');
        }),
      ));

    test('the caller may overwrite its feeds as soon as run() returns', () =>
      withState(backend, { total: counter }, (state) =>
        withCompiled(backend, state, [accumulate], async (run) => {
          const x = three(0, 0, 0);
          const runs = [1, 2, 3, 4].map((n) => {
            x.data.fill(n);
            const running = run!.run({ x });
            x.data.fill(1000);
            return running;
          });
          await Promise.all(runs);
          expectAllClose((await state.read())['total']!, three(10, 10, 10), {}, 'total');
        }),
      ));

    test('queued without waiting, they execute in the order of the calls', () =>
      withState(backend, { total: counter }, (state) =>
        withCompiled(backend, state, [accumulate, scale], async (add, multiply) => {
          // ((0 + 1) · 2 + 1) · 2 …: any other order gives another number.
          const runs: Promise<unknown>[] = [state.write({ total: three(0, 1, 2) })];
          for (let i = 0; i < 6; i++) {
            runs.push(
              handled(add!.run({ x: three(1, 1, 1) })),
              handled(multiply!.run({ factor: scalar(2) })),
            );
          }
          const between = handled(state.read());
          runs.push(handled(multiply!.run({ factor: scalar(0) })));
          expectAllClose((await between)['total']!, three(126, 190, 254), {}, 'total, read in between');
          await Promise.all(runs);
          expectAllClose((await state.read())['total']!, three(0, 0, 0), {}, 'total');
        }),
      ));

    test('outputs are those of their own run, even when awaited late', () =>
      withState(backend, { total: counter }, (state) =>
        withCompiled(backend, state, [accumulate], async (run) => {
          const results = await Promise.all([1, 2, 3].map((n) => run!.run({ x: three(n, n, n) })));
          const before = results.map((result) => Array.from(result['before']!.data));
          expectEqual(
            before,
            [
              [0, 0, 0],
              [1, 1, 1],
              [3, 3, 3],
            ],
            'totals before each run',
          );
        }),
      ));

    test('updates are committed together: two tensors change places', () =>
      withState(backend, { a: counter, b: counter }, (state) =>
        withCompiled(backend, state, [swap], async (run) => {
          await state.write({ a: three(1, 2, 3), b: three(4, 5, 6) });
          for (let i = 0; i < 3; i++) {
            expectAllClose((await run!.run())['sum']!, three(5, 7, 9), {}, 'sum');
          }
          const { a, b } = await state.read();
          expectAllClose(a!, three(4, 5, 6), {}, 'a');
          expectAllClose(b!, three(1, 2, 3), {}, 'b');
        }),
      ));

    test('two programs share one State', () =>
      withState(backend, { total: counter, other: counter }, (state) =>
        withCompiled(backend, state, [accumulate, scale], async (add, multiply) => {
          await add!.run({ x: three(1, 2, 3) });
          expectAllClose(
            (await multiply!.run({ factor: scalar(-3) }))['total']!,
            three(-3, -6, -9),
            {},
            'total',
          );
          const { before } = await add!.run({ x: three(0, 0, 0) });
          expectAllClose(before!, three(-3, -6, -9), {}, 'before');
        }),
      ));

    test('a program on a child State reads the parent’s tensors and updates the child’s', () =>
      withState(backend, { total: counter }, async (parent) => {
        const child = await parent.extend({ cache: counter });
        await withCompiled(backend, parent, [accumulate], (add) =>
          withCompiled(backend, child, [cache], async (fill) => {
            const [, filled] = await Promise.all([
              add!.run({ x: three(1, 2, 3) }),
              fill!.run({ x: three(10, 10, 10) }),
            ]);
            expectAllClose(filled['cache']!, three(11, 12, 13), {}, 'cache, as output');
            await add!.run({ x: three(1, 1, 1) });
            const { total, cache: cached } = await child.read();
            expectAllClose(total!, three(2, 3, 4), {}, 'total');
            expectAllClose(cached!, three(11, 12, 13), {}, 'cache');
          }),
        );
        child.dispose();
        expectAllClose((await parent.read())['total']!, three(2, 3, 4), {}, 'total, after the child');
      }));

    test('where a program’s guard is false, its updates are dropped and its outputs come', () =>
      withState(backend, { total: counter }, (state) =>
        withCompiled(backend, state, [guardedProgram()], async (run) => {
          const attempt = (value: number, allowed: 0 | 1) =>
            run!.run({ x: three(value, value, value), allowed: hostTensor('bool', [], [allowed]) });
          await attempt(0, 1);
          const before = backend.memory();
          const results = await Promise.all([attempt(1, 1), attempt(5, 0), attempt(2, 1)]);
          expectEqual(
            results.map(({ next, allowed }) => [next!.data[0], allowed!.data[0]]),
            [
              [1, 1],
              [6, 0],
              [3, 1],
            ],
            'next and allowed, run by run',
          );
          expectAllClose((await state.read())['total']!, three(3, 3, 3), {}, 'total');
          expectEqual(backend.memory(), before, 'memory()');
        }),
      ));

    test('wrong feeds are named, every one of them, and nothing has run', () =>
      withState(backend, { total: counter }, (state) =>
        withCompiled(backend, state, [accumulate], async (run) => {
          await expectError(() => run!.run({}), 'FEED_MISMATCH', 'x');
          const x = hostTensor('f32', [2], [1, 1]);
          await expectError(() => run!.run({ x, z: x }), 'FEED_MISMATCH', 'x', 'z');
          await expectError(() => run!.run({ x: hostTensor('i32', [3], [1, 1, 1]) }), 'FEED_MISMATCH', 'x');
          const short = { shape: [3], dtype: 'f32', data: new Float32Array(2) } as const;
          await expectError(() => run!.run({ x: short }), 'FEED_MISMATCH', 'x');
          await run!.run({ x: three(1, 2, 3) });
          expectAllClose((await state.read())['total']!, three(1, 2, 3), {}, 'total');
        }),
      ));
  });

  describe('a hundred steps', () => {
    const step = networkStep();
    const steps = async (count: number, watch?: (step: number) => void) =>
      withState(backend, networkSpec, (state) =>
        withCompiled(backend, state, [step], async (run) => {
          await state.write(
            Object.fromEntries(
              Object.entries(networkSpec).map(([name, spec], i) => [name, randomTensor(i, spec)]),
            ),
          );
          for (let i = 0; i < count; i++) {
            await run!.run(networkFeeds(i));
            watch?.(i);
          }
          return state.read();
        }),
      );

    testPrograms(context, 'leave memory() as it was after the third', [step], async () => {
      const before = backend.memory();
      let usual = before;
      await steps(100, (i) => {
        if (i === 2) usual = backend.memory();
        else if (i > 2) expectEqual(backend.memory(), usual, `memory() after step ${i + 1}`);
      });
      expectEqual(backend.memory(), before, 'memory() after everything was disposed');
    });

    const twice = 'twice from the same start, give the same bits';
    if (backend.capabilities.deterministic) {
      testPrograms(context, twice, [step], async () => {
        const [first, second] = [await steps(20), await steps(20)];
        for (const name of Object.keys(first)) {
          assert(sameBits(first[name]!, second[name]!), `"${name}" differs between two identical runs.`);
        }
      });
    } else {
      test.skip(skippedName(twice, 'capabilities.deterministic is false'), async () => undefined);
    }
  });
}
