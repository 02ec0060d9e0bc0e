import { hostTensor, type HostTensor } from '@attune/core';
import { assert, expectEqual, expectError } from '../../assertions/assert.js';
import { expectAllClose, expectHostTensor } from '../../assertions/close.js';
import { tolerances } from '../../assertions/tolerances.js';
import { withCompiled, withState, type SuiteContext } from '../shared/context.js';
import { accumulateProgram, counter } from '../shared/programs.js';

const three = (...values: number[]): HostTensor => hostTensor('f32', [3], values);

/** Backend and State: allocation, reading and writing, children, disposal. */
export function describeLifecycle({ backend, runner: { describe, test } }: SuiteContext): void {
  describe('backend', () => {
    test('says what it is', async () => {
      assert(backend.name.length > 0, 'The backend has no name.');
      assert(backend.device.description.length > 0, 'The device has no description.');
      for (const dtype of ['f32', 'i32', 'bool'] as const) {
        assert(backend.capabilities.dtypes.includes(dtype), `capabilities.dtypes lacks ${dtype}.`);
      }
      for (const [op, reason] of Object.entries(backend.capabilities.unsupported)) {
        assert(reason.length > 0, `capabilities.unsupported gives no reason for ${op}.`);
      }
      const { precision } = backend.capabilities;
      assert(precision in tolerances, `capabilities.precision is ${String(precision)}.`);
    });

    test('counts what is allocated, and gives it back', async () => {
      const before = backend.memory();
      const state = await backend.allocate({ a: { shape: [256], dtype: 'f32' }, b: counter });
      const { bytes, buffers } = backend.memory();
      assert(
        bytes - before.bytes >= 259 * 4,
        `259 numbers were allocated, but memory() grew by ${bytes - before.bytes} bytes.`,
      );
      assert(
        buffers - before.buffers >= 2,
        `2 tensors were allocated, but memory() shows ${buffers - before.buffers} more.`,
      );
      state.dispose();
      expectEqual(backend.memory(), before, 'memory() after dispose');
    });
  });

  describe('State', () => {
    const spec = {
      f: { shape: [2, 3], dtype: 'f32' },
      i: { shape: [3], dtype: 'i32' },
      b: { shape: [5], dtype: 'bool' },
      s: { shape: [], dtype: 'f32' },
    } as const;
    const values = {
      f: hostTensor('f32', [2, 3], [0.1, -2, 3e30, 1e-30, 0, -0.5]),
      i: hostTensor('i32', [3], [2 ** 31 - 1, -(2 ** 31), 2 ** 24 + 1]),
      b: hostTensor('bool', [5], [1, 0, 0, 1, 1]),
      s: hostTensor('f32', [], [42]),
    };

    test('begins as zeros, of every dtype', () =>
      withState(backend, spec, async (state) => {
        const read = await state.read();
        expectEqual(Object.keys(read).sort(), Object.keys(spec).sort(), 'names');
        for (const [name, { shape, dtype }] of Object.entries(spec)) {
          const size = values[name as keyof typeof values].data.length;
          expectAllClose(read[name]!, { shape, dtype, data: new Float32Array(size) }, {}, name);
        }
      }));

    test('reads what was written, exactly', () =>
      withState(backend, spec, async (state) => {
        await state.write(values);
        const read = await state.read();
        for (const [name, value] of Object.entries(values)) {
          expectHostTensor(read[name], value, name);
          expectAllClose(read[name]!, value, {}, name);
        }
      }));

    test('reads and writes some tensors by name', () =>
      withState(backend, spec, async (state) => {
        await state.write({ i: values.i });
        const read = await state.read(['i', 's']);
        expectEqual(Object.keys(read).sort(), ['i', 's'], 'names');
        expectAllClose(read['i']!, values.i, {}, 'i');
        expectAllClose(read['s']!, hostTensor('f32', [], [0]), {}, 's');
      }));

    test('what is read is a copy, and what was written may be reused', () =>
      withState(backend, { a: counter }, async (state) => {
        const written = three(1, 2, 3);
        const writing = state.write({ a: written });
        written.data.fill(9);
        await writing;
        (await state.read())['a']!.data.fill(7);
        expectAllClose((await state.read())['a']!, three(1, 2, 3), {}, 'a');
      }));

    test('a write is whole or not at all', () =>
      withState(backend, { a: counter, b: counter }, async (state) => {
        const good = three(1, 1, 1);
        await expectError(() => state.write({ a: good, 'not there': good }), 'UNKNOWN_TENSOR', 'not there');
        const short = hostTensor('f32', [2], [1, 1]);
        await expectError(() => state.write({ a: good, b: short }), 'SHAPE_MISMATCH', 'b');
        const cut = { shape: [3], dtype: 'f32', data: new Float32Array(2) } as const;
        await expectError(() => state.write({ a: good, b: cut }), 'SHAPE_MISMATCH', 'b');
        const whole = hostTensor('i32', [3], [1, 1, 1]);
        await expectError(() => state.write({ a: good, b: whole }), 'DTYPE_MISMATCH', 'b');
        expectAllClose((await state.read())['a']!, three(0, 0, 0), {}, 'a');
      }));

    test('reading an unknown tensor names it', () =>
      withState(backend, { weight: counter }, (state) =>
        expectError(() => state.read(['weight', 'wieght']), 'UNKNOWN_TENSOR', 'wieght'),
      ));

    test('a child shares its parent’s tensors, and adds its own', () =>
      withState(backend, { a: counter }, async (parent) => {
        const before = backend.memory();
        const child = await parent.extend({ b: counter });
        expectEqual(Object.keys(child.spec).sort(), ['a', 'b'], 'names in the child');
        expectEqual(Object.keys(parent.spec), ['a'], 'names in the parent');
        await child.write({ a: three(1, 2, 3), b: three(4, 5, 6) });
        expectAllClose((await parent.read())['a']!, three(1, 2, 3), {}, 'a, through the parent');
        await parent.write({ a: three(7, 8, 9) });
        expectAllClose((await child.read(['a']))['a']!, three(7, 8, 9), {}, 'a, through the child');
        await expectError(() => parent.extend({ a: counter }), 'INVALID_ARGUMENT', 'a');
        await expectError(() => child.extend({ a: counter }), 'INVALID_ARGUMENT', 'a');
        child.dispose();
        expectEqual(backend.memory(), before, 'memory() after the child was disposed');
        expectAllClose((await parent.read())['a']!, three(7, 8, 9), {}, 'a, after the child was disposed');
      }));

    test('after dispose it says so, and disposing again does nothing', async () => {
      const before = backend.memory();
      const state = await backend.allocate({ total: counter });
      const executable = await backend.compile(accumulateProgram(), state);
      state.dispose();
      state.dispose();
      await expectError(() => state.read(), 'DISPOSED');
      await expectError(() => state.write({ total: three(1, 1, 1) }), 'DISPOSED');
      await expectError(() => state.extend({ more: counter }), 'DISPOSED');
      await expectError(() => executable.run({ x: three(1, 1, 1) }), 'DISPOSED');
      executable.dispose();
      expectEqual(backend.memory(), before, 'memory()');
    });

    test('disposed while a run is under way, it still frees everything once', async () => {
      const before = backend.memory();
      const state = await backend.allocate({ total: counter });
      const executable = await backend.compile(accumulateProgram(), state);
      const runs = [1, 2, 3].map((n) => executable.run({ x: three(n, n, n) }).catch(() => undefined));
      state.dispose();
      executable.dispose();
      await Promise.all(runs);
      expectEqual(backend.memory(), before, 'memory()');
    });
  });

  describe('Executable', () => {
    test('keeps the program as it was written, and frees it alone', () =>
      withState(backend, { total: counter }, async (state) => {
        const program = accumulateProgram();
        const executable = await backend.compile(program, state);
        expectEqual(executable.program, program, 'program');
        await executable.run({ x: three(1, 2, 3) });
        executable.dispose();
        executable.dispose();
        await expectError(() => executable.run({ x: three(1, 2, 3) }), 'DISPOSED');
        expectAllClose((await state.read())['total']!, three(1, 2, 3), {}, 'total');
      }));

    test('a second program compiled from the same text computes the same', () =>
      withState(backend, { total: counter }, (state) => {
        const copy = JSON.parse(JSON.stringify(accumulateProgram())) as ReturnType<typeof accumulateProgram>;
        return withCompiled(backend, state, [accumulateProgram(), copy], async (first, second) => {
          await first!.run({ x: three(1, 2, 3) });
          const { before } = await second!.run({ x: three(1, 2, 3) });
          expectAllClose(before!, three(1, 2, 3), {}, 'before');
          expectAllClose((await state.read())['total']!, three(2, 4, 6), {}, 'total');
        });
      }));
  });
}
