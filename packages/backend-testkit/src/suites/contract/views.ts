import { hostTensor, type Backend, type HostTensors, type State, type TensorSpecs } from '@attune/core';
import { expectEqual, expectError } from '../../assertions/assert.js';
import { expectAllClose, expectHostTensor } from '../../assertions/close.js';
import { randomTensor } from '../../kit/random-tensor.js';
import { skippedName } from '../../kit/runner.js';
import { handled, withCompiled, withState, type SuiteContext } from '../shared/context.js';
import { accumulateProgram, counter, swapProgram } from '../shared/programs.js';

const three = (...values: number[]) => hostTensor('f32', [3], values);

/** True if the States of a backend show their memory. One that cannot allocate yet has other tests to fail. */
export async function hasViews(backend: Backend): Promise<boolean> {
  try {
    return await withState(backend, {}, async (state) => state.view !== undefined);
  } catch {
    return false;
  }
}

const viewOf = (state: State, names: readonly string[]): Promise<HostTensors> => state.view!(names);

/** The memory of tensors, read and written in place, where a State shows it. */
export function describeViews({ backend, runner }: SuiteContext, available: boolean): void {
  const test = (name: string, body: () => Promise<void>): void => {
    if (available) runner.test(name, body);
    else
      runner.test.skip(
        skippedName(name, 'State.view is missing: tensors are not in memory of this process'),
        body,
      );
  };
  runner.describe('views', () => {
    test('hold what read() does, of every dtype and size', () => {
      const spec: TensorSpecs = {
        f: { shape: [2, 3], dtype: 'f32' },
        i: { shape: [5], dtype: 'i32' },
        b: { shape: [7], dtype: 'bool' },
        s: { shape: [], dtype: 'f32' },
        none: { shape: [0, 3], dtype: 'f32' },
        large: { shape: [5000], dtype: 'f32' },
      };
      return withState(backend, spec, async (state) => {
        const values = Object.fromEntries(
          Object.entries(spec).map(([name, one], i) => [name, randomTensor(30 + i, one, [0, 2])] as const),
        );
        await state.write(values);
        const view = await viewOf(state, Object.keys(spec));
        expectEqual(Object.keys(view).sort(), Object.keys(spec).sort(), 'names');
        for (const [name, value] of Object.entries(values)) {
          expectHostTensor(view[name], value, name);
          expectAllClose(view[name]!, value, {}, name);
        }
      });
    });

    test('are the memory itself: the next run and the next read see what is written there', () =>
      withState(backend, { total: counter, other: counter }, (state) =>
        withCompiled(backend, state, [accumulateProgram()], async (run) => {
          await state.write({ total: three(1, 2, 3), other: three(7, 8, 9) });
          for (let round = 1; round <= 3; round++) {
            const { total } = await viewOf(state, ['total']);
            total!.data.fill(10 * round);
            const read = await state.read();
            expectAllClose(read['total']!, three(10 * round, 10 * round, 10 * round), {}, 'total, read');
            expectAllClose(read['other']!, three(7, 8, 9), {}, 'a tensor beside it');
            const { before } = await run!.run({ x: three(1, 2, 3) });
            expectAllClose(before!, three(10 * round, 10 * round, 10 * round), {}, 'total, in a run');
            const sum = (await viewOf(state, ['total']))['total']!;
            expectAllClose(sum, three(10 * round + 1, 10 * round + 2, 10 * round + 3), {}, 'total after it');
          }
        }),
      ));

    test('come when everything that was called before is done', () =>
      withState(backend, { total: counter }, (state) =>
        withCompiled(backend, state, [accumulateProgram()], async (run) => {
          const work = [
            state.write({ total: three(100, 100, 100) }),
            ...Array.from({ length: 5 }, (_, i) => run!.run({ x: three(i, 1, 0) })),
          ].map((each) => handled<unknown>(each));
          expectAllClose((await viewOf(state, ['total']))['total']!, three(110, 105, 100), {}, 'total');
          await Promise.all(work);
        }),
      ));

    test('show each tensor alone, where several have the same value', () =>
      withState(backend, { a: counter, b: counter }, (state) =>
        withCompiled(backend, state, [swapProgram()], async (swap) => {
          await state.write({ a: three(1, 1, 1), b: three(1, 1, 1) });
          await swap!.run();
          const { a, b } = await viewOf(state, ['a', 'b']);
          a!.data.fill(2);
          expectAllClose(b!, three(1, 1, 1), {}, 'b, beside a that was written');
          await swap!.run();
          const read = await state.read();
          expectAllClose(read['a']!, three(1, 1, 1), {}, 'a, after they were exchanged');
          expectAllClose(read['b']!, three(2, 2, 2), {}, 'b, after they were exchanged');
        }),
      ));

    test('of a child show its parent’s tensors, too', () =>
      withState(backend, { a: counter }, async (parent) => {
        const child = await parent.extend({ b: counter });
        const view = await viewOf(child, ['a', 'b']);
        view['a']!.data.set([1, 2, 3]);
        view['b']!.data.set([4, 5, 6]);
        expectAllClose((await parent.read())['a']!, three(1, 2, 3), {}, 'a, through the parent');
        expectAllClose((await child.read(['b']))['b']!, three(4, 5, 6), {}, 'b');
        child.dispose();
      }));

    test('are refused for a name that is not there, and of a State that is disposed', async () => {
      const before = backend.memory();
      const state = await backend.allocate({ weight: counter });
      await expectError(() => viewOf(state, ['weight', 'wieght']), 'UNKNOWN_TENSOR', 'wieght');
      await viewOf(state, ['weight']);
      state.dispose();
      await expectError(() => viewOf(state, ['weight']), 'DISPOSED');
      expectEqual(backend.memory(), before, 'memory() after dispose');
    });
  });
}
