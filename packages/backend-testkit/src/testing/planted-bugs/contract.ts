import { AttuneError, engineBackend, isAttuneError } from '@attune/core';
import type { Backend, CompiledProgram, ErrorCode, NdArray } from '@attune/core';
import { interpreterEngine, type Fault } from '../interpreter-engine.js';
import { lonelyPoison } from '../lonely-poison.js';
import { wrapBackend } from '../wrapped-backend.js';
import { bug, type PlantedBug } from './bug.js';

const codesTo = (from: ErrorCode, to: ErrorCode) => (): Backend =>
  wrapBackend(engineBackend(interpreterEngine()), {
    call: async (_name, work) => {
      try {
        return await work();
      } catch (error) {
        if (!isAttuneError(error, from)) throw error;
        throw new AttuneError(to, error.message, { cause: error.cause });
      }
    },
  });

const wrongCode = (from: ErrorCode, caughtBy: RegExp, to: ErrorCode = 'UNKNOWN_BACKEND'): PlantedBug => ({
  bug: `says ${to} for ${from}`,
  caughtBy,
  create: codesTo(from, to),
});

/** Another array of the same numbers. */
const as = (make: (values: number[]) => NdArray['data'], dtype: string): Fault => ({
  download: (tensor) =>
    tensor.dtype === dtype ? ({ ...tensor, data: make([...tensor.data]) } as typeof tensor) : tensor,
});

/** Backends that compute what is right, and break their contract. */
export const contractBugs: readonly PlantedBug[] = [
  bug('programs that are cached by name', /programs of one name/, () => {
    const built = new Map<string, CompiledProgram<NdArray>>();
    return {
      compiled: (compiled, { name }) => {
        if (!built.has(name)) built.set(name, compiled);
        return built.get(name)!;
      },
    };
  }),
  bug(
    'bool outputs as 32-bit numbers',
    /ops: elementwise.*logicalNot|State.*exactly/,
    as((x) => Int32Array.from(x), 'bool'),
  ),
  bug(
    'i32 outputs as floats',
    /ops: elementwise.*cast|State.*exactly/,
    as((x) => Float32Array.from(x), 'i32'),
  ),
  {
    bug: 'a failed child that does not poison its parent',
    caughtBy: /on a child State/,
    create: lonelyPoison,
  },
  bug('dispose() that frees nothing', /disposed backend.*given everything back/, { keeps: true }),

  ...(['run', 'write'] as const).map((method): PlantedBug => ({
    bug: `${method}() that looks at its tensors later`,
    caughtBy: method === 'run' ? /runs.*overwrite its feeds/ : /State.*what was written may be reused/,
    create: () =>
      wrapBackend(engineBackend(interpreterEngine()), {
        call: async (name, work) => {
          if (name === method) await Promise.resolve();
          return work();
        },
      }),
  })),

  // Codes.
  wrongCode('UNKNOWN_TENSOR', /compile.*lacks|State.*(whole|names it)/),
  wrongCode('SHAPE_MISMATCH', /compile.*another shape|State.*whole/, 'DTYPE_MISMATCH'),
  wrongCode('DTYPE_MISMATCH', /compile.*another dtype|State.*whole/, 'SHAPE_MISMATCH'),
  wrongCode('INVALID_PROGRAM', /compile.*malformed/),
  wrongCode('INVALID_ARGUMENT', /State.*child|disposed backend.*alone/),
  wrongCode('FEED_MISMATCH', /wrong feeds/, 'SHAPE_MISMATCH'),
  wrongCode('TOKEN_OUT_OF_RANGE', /index out of range/, 'BACKEND_FAILURE'),
  wrongCode('BACKEND_FAILURE', /a run that fails/, 'TOKEN_OUT_OF_RANGE'),
  wrongCode('STATE_POISONED', /a run that fails/, 'BACKEND_FAILURE'),
  wrongCode('DISPOSED', /State.*after dispose|disposed backend.*refuses/, 'STATE_POISONED'),
];
