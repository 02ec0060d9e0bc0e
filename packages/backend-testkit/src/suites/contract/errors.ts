import { GraphBuilder, hostTensor, opNames, opNodes, type Program, type TensorSpec } from '@attune/core';
import { expectError } from '../../assertions/assert.js';
import { expectAllClose } from '../../assertions/close.js';
import { opCases } from '../../cases/index.js';
import { forwardProgram } from '../../cases/op-case.js';
import { withState, type SuiteContext } from '../shared/context.js';
import { accumulateProgram, counter } from '../shared/programs.js';

/** A program with three faults: a value used too early, a wrong shape, and an op that does not exist. */
function faultyProgram(): Program {
  const program = accumulateProgram();
  return {
    ...program,
    values: [...program.values, counter, { shape: [2], dtype: 'f32' }, counter],
    nodes: [
      ...program.nodes,
      { kind: 'op', op: 'neg', attrs: {}, inputs: [99], outputs: [program.values.length] },
      { kind: 'op', op: 'neg', attrs: {}, inputs: [0], outputs: [program.values.length + 1] },
      { kind: 'op', op: 'frobnicate' as 'neg', attrs: {}, inputs: [0], outputs: [program.values.length + 2] },
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

/** Adds up two tensors of names that no other words contain. */
function namedProgram(): Program {
  const g = new GraphBuilder('sum');
  g.output('sum', g.add(g.state('left one', counter), g.state('right one', counter)));
  return g.build();
}

/** Tests that `compile` refuses what it has to, naming all faults at once. */
export function describeErrors({ backend, runner: { describe, test } }: SuiteContext): void {
  describe('compile', () => {
    test('lists every fault of a malformed program', () =>
      withState(backend, { total: counter }, (state) =>
        expectError(() => backend.compile(faultyProgram(), state), 'INVALID_PROGRAM', 'neg', 'frobnicate'),
      ));

    test('lists every tensor that the State lacks', () =>
      withState(backend, { total: counter }, (state) =>
        expectError(() => backend.compile(namedProgram(), state), 'UNKNOWN_TENSOR', 'left one', 'right one'),
      ));

    test('lists every tensor of another shape', () => {
      const other: TensorSpec = { shape: [4], dtype: 'f32' };
      return withState(backend, { 'left one': other, 'right one': other }, (state) =>
        expectError(() => backend.compile(namedProgram(), state), 'SHAPE_MISMATCH', 'left one', 'right one'),
      );
    });

    test('lists every tensor of another dtype', () => {
      const whole: TensorSpec = { shape: [3], dtype: 'i32' };
      return withState(backend, { 'left one': whole, 'right one': whole }, (state) =>
        expectError(() => backend.compile(namedProgram(), state), 'DTYPE_MISMATCH', 'left one', 'right one'),
      );
    });

    test('of several faults of a State, the gravest gives the code', () =>
      withState(backend, { 'left one': { shape: [3], dtype: 'i32' } }, async (state) => {
        await expectError(
          () => backend.compile(namedProgram(), state),
          'UNKNOWN_TENSOR',
          'left one',
          'right one',
        );
      }));

    test('refuses a State that was disposed', async () => {
      const state = await backend.allocate({ total: counter });
      state.dispose();
      await expectError(() => backend.compile(accumulateProgram(), state), 'DISPOSED');
    });

    const unsupported = opNames.filter((op) => backend.capabilities.unsupported[op] !== undefined);
    /** Each with a program that has it: of its own cases, the smallest. */
    const lacking = unsupported.flatMap((op) => {
      const programs = Object.values(opCases).flatMap((cases) => cases.map(forwardProgram));
      const own = programs.filter((program) => opNodes(program).some((node) => node.op === op));
      const [smallest] = own.sort((a, b) => a.nodes.length - b.nodes.length);
      return smallest ? [[op, smallest] as const] : [];
    });
    for (const [op, program] of lacking) {
      test(`refuses ${op}, which the backend lacks, with the reason`, () =>
        withState(backend, {}, (state) =>
          expectError(
            () => backend.compile(program, state),
            'UNSUPPORTED_OP',
            op,
            backend.capabilities.unsupported[op]!,
          ),
        ));
    }

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
          return expectError(
            () => backend.compile(g.build(), state),
            'UNSUPPORTED_OP',
            ...unary,
            ...reasons,
          ).then(() => undefined);
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
        await expectError(() => run(0, 3), 'TOKEN_OUT_OF_RANGE', 'ids');
        await expectError(() => run(-1, 0), 'TOKEN_OUT_OF_RANGE', 'ids');
        await run(0, 2);
        const { total } = await state.read();
        expectAllClose(total!, hostTensor('f32', [3], [1, 1, 1]), {}, 'total');
        executable.dispose();
      }));
  });
}
