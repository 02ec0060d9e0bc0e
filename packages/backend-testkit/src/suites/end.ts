import type { Backend } from '@attune/core';
import { expectError } from '../assertions/assert.js';
import type { SuiteContext } from './context.js';
import { accumulateProgram, counter } from './programs.js';

/** What is left of a backend after `dispose()`: on a second one, so that the tests' own stays. */
export function describeEnd(
  { runner: { describe, test } }: SuiteContext,
  create: () => Promise<Backend>,
): void {
  describe('a disposed backend', () => {
    test('refuses all work, and so do its States and programs', async () => {
      const backend = await create();
      const state = await backend.allocate({ total: counter });
      const executable = await backend.compile(accumulateProgram(), state);
      await backend.dispose();
      await backend.dispose();
      await expectError(() => backend.allocate({ a: counter }), 'DISPOSED');
      await expectError(() => backend.compile(accumulateProgram(), state), 'DISPOSED');
      await expectError(() => state.read(), 'DISPOSED');
      await expectError(() => executable.run({ x: { ...counter, data: new Float32Array(3) } }), 'DISPOSED');
      executable.dispose();
      state.dispose();
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
