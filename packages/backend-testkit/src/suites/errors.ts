import { GraphBuilder, hostTensor, opNames, type Program, type TensorSpec } from '@attune/core';
import { expectError } from '../assertions/assert.js';
import { expectAllClose } from '../assertions/close.js';
import { withState, type SuiteContext } from './context.js';
import { accumulateProgram, counter, swapProgram } from './programs.js';

/** A program with three faults: a value used too early, a wrong shape, and an op that does not exist. */
function faultyProgram(): Program {
  const program = accumulateProgram();
  return {
    ...program,
    values: [...program.values, counter, { shape: [2], dtype: 'f32' }, counter],
    nodes: [
      ...program.nodes,
      { op: 'neg', attrs: {}, inputs: [99], outputs: [program.values.length] },
      { op: 'neg', attrs: {}, inputs: [0], outputs: [program.values.length + 1] },
      { op: 'frobnicate' as 'neg', attrs: {}, inputs: [0], outputs: [program.values.length + 2] },
    ],
  };
}

/** Looks up rows, and counts the runs. */
function lookupProgram(): Program {
  const g = new GraphBuilder('lookup');
  const total = g.state('total', counter);
  g.output('rows', g.gather(g.constant(0, [3, 2]), g.feed('ids', { shape: [2], dtype: 'i32' })));
  g.update('total', g.add(total, 1));
  return g.build();
}

/** What `compile` refuses, and how it says so: everything at once. */
export function describeErrors({ backend, runner: { describe, test } }: SuiteContext): void {
  describe('compile', () => {
    test('lists every fault of a malformed program', () =>
      withState(backend, { total: counter }, (state) =>
        expectError(
          () => backend.compile(faultyProgram(), state),
          'INVALID_PROGRAM',
          '3 faults',
          'value 99',
          'f32[2]',
          'frobnicate',
        ),
      ));

    test('lists every tensor that the State lacks', () =>
      withState(backend, { total: counter }, (state) =>
        expectError(() => backend.compile(swapProgram(), state), 'UNKNOWN_TENSOR', '"a"', '"b"'),
      ));

    test('lists every tensor of another shape', () => {
      const other: TensorSpec = { shape: [4], dtype: 'f32' };
      return withState(backend, { a: other, b: other }, (state) =>
        expectError(
          () => backend.compile(swapProgram(), state),
          'SHAPE_MISMATCH',
          '"a"',
          '"b"',
          'f32[4]',
          'f32[3]',
        ),
      );
    });

    const unsupported = opNames.filter((op) => backend.capabilities.unsupported[op] !== undefined);
    const unary = unsupported.filter((op) =>
      (['exp', 'log', 'sqrt', 'tanh', 'erf', 'abs'] as string[]).includes(op),
    );
    if (unary.length > 0) {
      test('lists every op that the backend lacks, with the reason', () =>
        withState(backend, {}, (state) => {
          const g = new GraphBuilder('unsupported');
          const x = g.feed('x', counter);
          for (const op of unary) g.output(op, g.applyAll(op, [x])[0]!);
          const reasons = unary.map((op) => backend.capabilities.unsupported[op]!);
          return expectError(() => backend.compile(g.build(), state), 'UNSUPPORTED_OP', ...unary, ...reasons);
        }));
    }

    test('after these failures, the State is as good as before', () =>
      withState(backend, { total: counter }, async (state) => {
        await expectError(() => backend.compile(faultyProgram(), state), 'INVALID_PROGRAM');
        const executable = await backend.compile(accumulateProgram(), state);
        await executable.run({ x: { ...counter, data: new Float32Array(3) } });
        executable.dispose();
      }));
  });

  describe('run', () => {
    test('refuses a feed with an index out of range, before anything has run', () =>
      withState(backend, { total: counter }, async (state) => {
        const executable = await backend.compile(lookupProgram(), state);
        const run = (...ids: number[]) => executable.run({ ids: hostTensor('i32', [2], ids) });
        await expectError(() => run(0, 3), 'TOKEN_OUT_OF_RANGE', '"ids"', 'element 1 is 3', '[0, 3)');
        await expectError(() => run(-1, 0), 'TOKEN_OUT_OF_RANGE', '"ids"', 'element 0 is -1');
        await run(0, 2);
        const { total } = await state.read();
        expectAllClose(total!, hostTensor('f32', [3], [1, 1, 1]), {}, 'total');
        executable.dispose();
      }));
  });
}
