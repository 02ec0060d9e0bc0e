import type { Backend } from '@attune/core';
import { expectEqual, expectError } from '../../assertions/assert.js';
import { expectAllClose } from '../../assertions/close.js';
import type { SuiteContext } from '../shared/context.js';
import { accumulateProgram, counter } from '../shared/programs.js';

function expectNothingHeld(backend: Backend, after: string): void {
  const { bytes, buffers } = backend.memory();
  expectEqual({ bytes, buffers }, { bytes: 0, buffers: 0 }, `memory() after ${after}`);
}

/** Tests of a backend after `dispose()`, on a second backend, so that the tests' own stays. */
export function describeEnd(
  { runner: { describe, test } }: SuiteContext,
  create: () => Promise<Backend>,
): void {
  describe('a disposed backend', () => {
    test('refuses all work, and so do its States and programs', async () => {
      const backend = await create();
      const state = await backend.allocate({ total: counter });
      const executable = await backend.compile(accumulateProgram(), state);
      await executable.run({ x: { ...counter, data: new Float32Array(3) } });
      await backend.dispose();
      await backend.dispose();
      await expectError(() => backend.allocate({ a: counter }), 'DISPOSED');
      await expectError(() => backend.compile(accumulateProgram(), state), 'DISPOSED');
      await expectError(() => state.read(), 'DISPOSED');
      await expectError(() => executable.run({ x: { ...counter, data: new Float32Array(3) } }), 'DISPOSED');
      executable.dispose();
      state.dispose();
    });

    test('has given everything back, though States and programs were not disposed of', async () => {
      const backend = await create();
      const state = await backend.allocate({ total: counter, more: { shape: [1000], dtype: 'f32' } });
      const child = await state.extend({ cache: counter });
      const executable = await backend.compile(accumulateProgram(), child);
      await executable.run({ x: { ...counter, data: new Float32Array(3) } });
      await backend.dispose();
      expectNothingHeld(backend, 'dispose()');
      executable.dispose();
      [child, state].forEach((each) => each.dispose());
      expectNothingHeld(backend, 'everything was disposed');
    });

    test('shares neither tensors nor memory() with another of its kind', async () => {
      const [first, second] = [await create(), await create()];
      const before = first.memory();
      const states = [await first.allocate({ total: counter })];
      const own = first.memory();
      states.push(await second.allocate({ total: counter, more: { shape: [1000], dtype: 'f32' } }));
      expectEqual(first.memory(), own, 'memory() of one, after the other has allocated');
      for (const [i, state] of states.entries()) {
        await state.write({ total: { ...counter, data: new Float32Array(3).fill(i + 1) } });
      }
      for (const [i, backend] of [first, second].entries()) {
        const executable = await backend.compile(accumulateProgram(), states[i]!);
        await executable.run({ x: { ...counter, data: new Float32Array(3).fill(10) } });
        executable.dispose();
      }
      for (const [i, state] of states.entries()) {
        const expected = { ...counter, data: new Float32Array(3).fill(11 + i) };
        expectAllClose((await state.read(['total']))['total']!, expected, {}, `total of backend ${i + 1}`);
      }
      states[0]!.dispose();
      expectEqual(first.memory(), before, 'memory() of one, after its State was disposed');
      states[1]!.dispose();
      await first.dispose();
      await second.dispose();
    });

    test('leaves another of its kind alone', async () => {
      const [first, second] = [await create(), await create()];
      const state = await second.allocate({ total: counter });
      await expectError(() => first.compile(accumulateProgram(), state), 'INVALID_ARGUMENT');
      await first.dispose();
      await state.write({ total: { ...counter, data: Float32Array.of(1, 2, 3) } });
      await state.read();
      state.dispose();
      await second.dispose();
    });
  });
}
