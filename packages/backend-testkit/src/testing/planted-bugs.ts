import {
  AttuneError,
  engineBackend,
  isAttuneError,
  NdArray,
  opDefinition,
  allocator,
  sizeOf,
  type Backend,
  type CompiledProgram,
  type ErrorCode,
  type HostTensors,
  type OpName,
  type Program,
  type State,
} from '@attune/core';
import {
  commitAll,
  interpreterEngine,
  primitiveOps,
  type Computation,
  type Fault,
} from './interpreter-engine.js';
import { lonelyPoison } from './lonely-poison.js';
import { rounded, roundTo } from './rounding.js';
import { wrapBackend } from './wrapped-backend.js';

/** A bug, and the test of the kit that has to find it. */
export interface PlantedBug {
  readonly bug: string;
  readonly create: () => Backend;
  /** Matches the names of tests that see it. All that match are run; one of them has to fail. */
  readonly caughtBy: RegExp;
}

const engineWith = (fault: () => Fault) => () => engineBackend(interpreterEngine(fault()));

const bug = (text: string, caughtBy: RegExp, fault: Fault | (() => Fault)): PlantedBug => ({
  bug: text,
  caughtBy,
  create: engineWith(typeof fault === 'function' ? fault : () => fault),
});

/** Changes what an op computes, element by element, from what is right. */
const element =
  (ops: readonly OpName[], change: (value: number, index: number, node: Computation) => number) =>
  (node: Computation): NdArray[] | undefined =>
    ops.includes(node.op) ? node.right().map((array) => array.map((x, i) => change(x, i, node))) : undefined;

const f32 = Math.fround;

/** A function of one number that rounds to float32 at every step. */
const unary = (op: OpName, formula: (x: number) => number): Fault => ({
  compute: (node) => (node.op === op ? [node.inputs[0]!.map((x) => f32(formula(x)))] : undefined),
});

/** Rows of the last axis, written anew. */
function perRow(x: NdArray, row: (values: readonly number[]) => readonly number[]): NdArray {
  const width = x.shape.at(-1)!;
  const result = new NdArray(x.shape, 'f32', new Float32Array(x.size));
  for (let start = 0; start < x.size; start += width) {
    result.data.set(row([...x.data.subarray(start, start + width)]), start);
  }
  return result;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => f32(total + value), 0);

/** Sizes of a product, as the op reads its operands. */
function sizesOf({ inputs: [a, b], attrs }: Computation) {
  const [k, m] = attrs['transposeA'] ? a!.shape.slice(-2) : a!.shape.slice(-2).reverse();
  return { m: m!, k: k!, n: b!.shape.at(attrs['transposeB'] ? -2 : -1)! };
}

/** The product of the inputs after a change. */
function productOf(node: Computation, change: (array: NdArray, side: number) => NdArray): NdArray[] {
  return [...opDefinition(node.op).reference(node.inputs.map(change), node.attrs, allocator('f32'))];
}

/** A product whose operands have no elements from `from` on, along the axis that is summed. */
const withoutTail = (node: Computation, from: number): NdArray[] =>
  productOf(node, (array, side) => {
    const flipped = node.attrs[side === 0 ? 'transposeA' : 'transposeB'] === true;
    const last = side === 0 ? !flipped : flipped;
    const [rows, columns] = array.shape.slice(-2) as [number, number];
    return array.map((x, i) => ((last ? i % columns : Math.floor(i / columns) % rows) < from ? x : 0));
  });

const ofProducts = (compute: (node: Computation) => NdArray[] | undefined): Fault => ({
  compute: (node) => (node.op === 'matmul' ? compute(node) : undefined),
});

/** A matrix product that rounds each partial sum. Batches are looped over by index. */
function accumulating(round: (x: number) => number): Fault {
  return ofProducts((node) => {
    const { m, k, n } = sizesOf(node);
    const [a, b] = node.inputs as [NdArray, NdArray];
    const { transposeA, transposeB } = node.attrs;
    const [out] = node.right() as [NdArray];
    const shared = b.shape.length === 2 ? 0 : k * n;
    for (let at = 0; at < out.size; at++) {
      const [p, i, j] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
      let total = 0;
      for (let l = 0; l < k; l++) {
        const left = a.data[p * m * k + (transposeA ? l * m + i : i * k + l)]!;
        total = round(total + left * b.data[p * shared + (transposeB ? j * k + l : l * n + j)]!);
      }
      out.data[at] = total;
    }
    return [out];
  });
}

/** A program that looks at the guard after a run and spoils the State where it is false. */
const underFalseGuard =
  (spoil: (state: ReadonlyMap<string, NdArray>, updates: ReadonlyMap<string, NdArray>) => void) =>
  (compiled: CompiledProgram<NdArray>, program: Program): CompiledProgram<NdArray> => ({
    ...compiled,
    run: async (state, feeds, commit) => {
      const results = await compiled.run(state, feeds, commit);
      const guard = program.guard === undefined ? undefined : results.outputs.get(program.guard);
      if (guard && guard.data[0] === 0) spoil(state, results.updates);
      return results;
    },
  });

/** Overwrites tensors of a State with their updates. */
const inPlace = (chosen: (name: string, index: number) => boolean): Fault => ({
  compiled: underFalseGuard((state, updates) =>
    [...updates].forEach(([name, value], i) => chosen(name, i) && state.get(name)!.data.set(value.data)),
  ),
});

/** A program whose runs take their feeds from a place that all runs of a kind share. */
const sharedScratch = (kindOf: (program: Program) => string) => (): Fault => {
  const scratch = new Map<string, HostTensors>();
  return {
    compiled: (compiled, program) => ({
      ...compiled,
      run: async (state, feeds, commit) => {
        const kind = kindOf(program);
        scratch.set(kind, feeds);
        await Promise.resolve();
        return compiled.run(state, { ...feeds, ...scratch.get(kind) }, commit);
      },
    }),
  };
};

const nameOf = ({ name }: Program) => name;
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

const oneByOne = async (state: State, names: readonly string[]): Promise<HostTensors> => {
  const tensors: [string, HostTensors[string]][] = [];
  for (const name of names) tensors.push([name, (await state.read([name]))[name]!]);
  return Object.fromEntries(tensors);
};

/** Another array of the same numbers. */
const as = (make: (values: number[]) => NdArray['data'], dtype: string): Fault => ({
  download: (tensor) =>
    tensor.dtype === dtype ? ({ ...tensor, data: make([...tensor.data]) } as typeof tensor) : tensor,
});

const beyondRow =
  (limit: number) =>
  (x: number, i: number, { inputs: [input] }: Computation) =>
    i % (input!.shape.at(-1) ?? 1) >= limit ? 0 : x;

/** One bug or more for each hole that the kit once had. */
export const plantedBugs: readonly PlantedBug[] = [
  // Matrix products beyond a tile.
  bug(
    'drops the remainder of the inner length, from 128 on',
    /large.*matmul/,
    ofProducts((node) => {
      const { k } = sizesOf(node);
      return k >= 128 && k % 4 !== 0 ? withoutTail(node, k - (k % 4)) : undefined;
    }),
  ),
  bug(
    'leaves out the last columns, from 128 on',
    /large.*matmul/,
    ofProducts((node) => {
      const { n } = sizesOf(node);
      const whole = n - (n % 8);
      return n >= 128 ? node.right().map((array) => array.map((x, i) => (i % n < whole ? x : 0))) : undefined;
    }),
  ),
  bug(
    'leaves out the last rows, from 512 on',
    /large.*matmul/,
    ofProducts((node) => {
      const { m, n } = sizesOf(node);
      return m >= 512
        ? node.right().map((array) => array.map((x, i) => (Math.floor(i / n) % m < 512 ? x : 0)))
        : undefined;
    }),
  ),

  // Exponentials that overflow.
  bug('softmax without the maximum', /extremes.*softmax/, {
    compute: ({ op, inputs }) =>
      op === 'softmax'
        ? [
            perRow(inputs[0]!, (row) => {
              const exp = row.map((x) => f32(Math.exp(x)));
              return exp.map((x) => x / sum(exp));
            }),
          ]
        : undefined,
  }),
  bug('logSoftmax as the logarithm of softmax', /extremes.*logSoftmax/, {
    compute: ({ op, inputs }) =>
      op === 'logSoftmax'
        ? [
            perRow(inputs[0]!, (row) => {
              const top = Math.max(...row);
              const exp = row.map((x) => f32(Math.exp(x - top)));
              return exp.map((x) => f32(Math.log(f32(x / sum(exp)))));
            }),
          ]
        : undefined,
  }),
  bug('cross-entropy that is not stabilised', /extremes.*softmaxCrossEntropy/, {
    compute: (node) => {
      if (node.op !== 'softmaxCrossEntropy') return undefined;
      const [logits, targets] = node.inputs as [NdArray, NdArray];
      const width = logits.shape.at(-1)!;
      return node.right().map((loss) =>
        loss.map((right, row) => {
          const target = targets.data[row]!;
          if (target < 0) return right;
          const own = [...logits.data.subarray(row * width, (row + 1) * width)];
          return f32(Math.log(sum(own.map((x) => f32(Math.exp(x))))) - own[target]!);
        }),
      );
    },
  }),
  bug(
    'tanh by exponentials',
    /extremes.*tanh/,
    unary('tanh', (x) => {
      const e = f32(Math.exp(2 * x));
      return f32(e - 1) / f32(e + 1);
    }),
  ),
  bug('tanh that stays at its value at 4', /extremes.*tanh/, {
    compute: element(['tanh'], (y) => Math.max(-0.99933, Math.min(0.99933, y))),
  }),
  bug(
    'sigmoid as eˣ / (1 + eˣ)',
    /extremes.*sigmoid/,
    unary('sigmoid', (x) => {
      const e = f32(Math.exp(x));
      return e / f32(1 + e);
    }),
  ),

  // NaN.
  bug('lessEqual as not greater', /NaN.*(comparison|guard)/, {
    compute: element(['lessEqual'], (right, i, { inputs: [a, b] }) =>
      sizeOf(a!.shape) === 1 || sizeOf(b!.shape) === 1
        ? Number(!(a!.data[a!.size === 1 ? 0 : i]! > b!.data[b!.size === 1 ? 0 : i]!))
        : right,
    ),
  }),
  bug('a guard that NaN passes', /a guard lets no NaN pass/, {
    compute: element(['lessEqual', 'less'], (right, _i, { inputs }) =>
      inputs.every(({ size }) => size === 1) && inputs.some(({ data }) => Number.isNaN(data[0]!)) ? 1 : right,
    ),
  }),
  bug('a NaN that equals itself', /NaN.*comparison/, {
    compute: element(['equal'], (right, i, { inputs: [a, b] }) =>
      a!.size === b!.size && Number.isNaN(a!.data[i]!) && Number.isNaN(b!.data[i]!) ? 1 : right,
    ),
  }),
  ...(['maximum', 'minimum'] as const).flatMap((op) =>
    [0, 1].map((side) =>
      bug(`${op} that loses a NaN on side ${side}`, /NaN.*maximum and minimum/, {
        compute: element([op], (right, i, { inputs }) => {
          const [own, other] = [inputs[side]!, inputs[1 - side]!];
          if (own.size !== other.size || !Number.isNaN(own.data[i]!)) return right;
          return other.data[i]!;
        }),
      }),
    ),
  ),
  bug('max that passes over NaN', /NaN.*largest/, {
    compute: ({ op, inputs, attrs }) =>
      op === 'max'
        ? [
            ...opDefinition('max').reference(
              [inputs[0]!.map((x) => (Number.isNaN(x) ? -Infinity : x))],
              attrs,
              allocator('f32'),
            ),
          ]
        : undefined,
  }),
  bug('max that sees a NaN only if it comes first', /NaN.*largest/, {
    compute: ({ op, inputs, attrs }) =>
      op === 'max'
        ? [
            ...opDefinition('max').reference(
              [inputs[0]!.map((x, i) => (Number.isNaN(x) && i > 0 ? -Infinity : x))],
              attrs,
              allocator('f32'),
            ),
          ]
        : undefined,
  }),

  // Several tensors, and a run.
  {
    bug: 'a read that takes one tensor after the other',
    caughtBy: /isolation.*falls between two runs/,
    create: () => wrapBackend(engineBackend(interpreterEngine()), { read: oneByOne }),
  },
  {
    bug: 'a write that puts one tensor after the other',
    caughtBy: /isolation.*falls between two runs/,
    create: () =>
      wrapBackend(engineBackend(interpreterEngine()), {
        write: async (state, values) => {
          for (const [name, value] of Object.entries(values)) await state.write({ [name]: value });
        },
      }),
  },
  bug(
    'two States that share scratch memory, by program',
    /isolation.*side by side.*same/,
    sharedScratch(nameOf),
  ),
  bug(
    'two States that share all scratch memory',
    /isolation.*side by side.*two/,
    sharedScratch(() => 'all'),
  ),

  // Guards.
  bug(
    'updates in place under a false guard',
    /guards.*bit for bit/,
    inPlace(() => true),
  ),
  bug(
    'updates moments in place under a false guard',
    /guards.*bit for bit/,
    inPlace((name) => name.startsWith('expAvg')),
  ),
  bug(
    'adds rows to a table in place under a false guard',
    /guards.*bit for bit/,
    inPlace((name) => name === 'table'),
  ),
  bug(
    'a guard that drops only the first of several updates',
    /guards.*bit for bit/,
    inPlace((_name, i) => i > 0),
  ),
  bug(
    'a guard that drops all but the last of several updates',
    /guards.*leave no trace/,
    inPlace((name) => name === 'flags'),
  ),

  // Commits in place.
  bug('commits before it looks at the guard', /guards.*bit for bit/, {
    commits: (program, values, state) => {
      commitAll({ ...program, guard: undefined }, values, state);
      return commitAll(program, values, state);
    },
  }),
  bug('commits moments before it looks at the guard', /guards.*bit for bit/, {
    commits: (program, values, state) => {
      state.get('expAvg')?.data.set(values[program.updates['expAvg']!]!.data);
      return commitAll(program, values, state);
    },
  }),
  bug('overwrites a tensor that a later update still takes', /guards.*commits every update/, {
    commits: (program, values, state) => {
      const committed = commitAll(program, values, state);
      // As if `b` were written from \`a\` when that was overwritten already.
      if (committed.includes('b')) state.get('b')!.data.set(state.get('a')!.data);
      return committed;
    },
  }),
  bug('outputs of what a run has overwritten', /guards.*before it was replaced/, {
    commits: commitAll,
    compiled: (compiled) => ({
      ...compiled,
      run: async (state, feeds, commit) => {
        const results = await compiled.run(state, feeds, commit);
        results.outputs.get('old param')?.data.set(state.get('param')!.data);
        return results;
      },
    }),
  }),
  bug('commits all but one tensor, and says that it did', /guards.*commits every update/, {
    commits: (program, values, state) => {
      const before = state.get('flags')?.data.slice();
      const committed = commitAll(program, values, state);
      if (before) state.get('flags')!.data.set(before);
      return committed;
    },
  }),

  // Sizes.
  bug('dropout masks that repeat after 65,536 elements', /mask of 131,083/, {
    compute: (node) =>
      node.op === 'dropout' || node.op === 'bernoulli'
        ? node.right().map((array) => array.map((_x, i) => array.data[i % 65_536]!))
        : undefined,
  }),
  ...(['softmax', 'logSoftmax', 'layerNorm', 'rmsNorm'] as const).map((op) =>
    bug(`${op} of the first 1,024 elements of a row`, new RegExp(`large.*${op}`), {
      compute: element([op], beyondRow(1024)),
    }),
  ),
  ...(['softmax', 'gather', 'scatterAdd'] as const).map((op) =>
    bug(`${op} of 1,024 rows`, new RegExp(`large.*${op}`), {
      compute: element([op], (x, i, { inputs }) => {
        const width = op === 'softmax' ? inputs[0]!.shape.at(-1)! : 3;
        return i / width >= 1024 ? 0 : x;
      }),
    }),
  ),
  ...(['sum', 'max', 'mean'] as const).map((op) =>
    bug(`${op} of the first 1,024 elements of a row`, new RegExp(`large.*${op}`), {
      compute: ({ op: own, inputs: [x], attrs }) =>
        own === (op === 'mean' ? 'sum' : op)
          ? [
              ...opDefinition(own).reference(
                [x!.map((value, i) => (i % x!.shape.at(-1)! < 1024 ? value : own === 'max' ? -Infinity : 0))],
                attrs,
                allocator('f32'),
              ),
            ]
          : undefined,
    }),
  ),
  bug('launches 65,535 groups at most, one for each row', /scale.*65,535 rows/, {
    compute: element(['softmax', 'layerNorm', 'softmaxCrossEntropy'], (x, i, { op, inputs }) =>
      i / (op === 'softmaxCrossEntropy' ? 1 : inputs[0]!.shape.at(-1)!) >= 65_535 ? 0 : x,
    ),
  }),
  bug('launches 65,535 groups at most, one for each product', /scale.*65,535 products/, {
    compute: element(['matmul'], (x, i, { inputs: [a] }) => (a!.shape.length > 2 && i >= 65_535 ? 0 : x)),
  }),
  bug('launches 65,535 groups at most, of 64 elements', /scale.*65,535 groups/, {
    compute: element(['mul'], (x, i) => (i >= 64 * 65_535 ? 0 : x)),
  }),
  bug('attention by the first 128 numbers of a head', /large.*attention/, {
    compute: (node) =>
      node.op === 'attention' && node.inputs[0]!.shape.at(-1)! > 128
        ? [
            ...opDefinition('attention').reference(
              node.inputs.map((x, side) =>
                side < 2 ? x.map((value, i) => (i % x.shape.at(-1)! < 128 ? value : 0)) : x,
              ),
              node.attrs,
              allocator('f32'),
            ),
          ]
        : undefined,
  }),

  // Programs, arrays, families, the end.
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

  // Precision.
  bug(
    'products of bf16 in a backend that says f32',
    /precision of products.*operands/,
    ofProducts((node) => productOf(node, (x) => rounded(7, x))),
  ),
  bug(
    'products of tf32 in a backend that says f32',
    /precision of products.*operands/,
    ofProducts((node) => productOf(node, (x) => rounded(10, x))),
  ),
  bug(
    'sums of products in float16',
    /precision of products.*128 products/,
    accumulating((x) => roundTo(10, x)),
  ),
  bug(
    'sums of products in bf16',
    /precision of products.*128 products/,
    accumulating((x) => roundTo(7, x)),
  ),
];

/** The same for backends that say that their products are less exact. */
export const plantedBugsOf: Readonly<Record<'tf32' | 'bf16', readonly PlantedBug[]>> = {
  tf32: [
    bug('products of bf16 in a backend that says tf32', /precision of products.*operands/, {
      ...ofProducts((node) => productOf(node, (x) => rounded(7, x))),
      capabilities: { precision: 'tf32' },
    }),
    bug('sums in float16 in a backend that says tf32', /precision of products.*128 products/, {
      ...accumulating((x) => roundTo(10, x)),
      capabilities: { precision: 'tf32' },
    }),
  ],
  bf16: [
    bug('sums in float16 in a backend that says bf16', /precision of products.*128 products/, {
      ...accumulating((x) => roundTo(10, x)),
      capabilities: { precision: 'bf16' },
    }),
    bug('sums in bf16 in a backend that says bf16', /precision of products.*128 products/, {
      ...accumulating((x) => roundTo(7, x)),
      capabilities: { precision: 'bf16' },
    }),
  ],
};

/** A backend that rounds the operands of its products, and says so: what the looser tolerances are for. */
export const roundingBackend = (precision: 'tf32' | 'bf16') =>
  engineWith(() => ({
    ...ofProducts((node) => productOf(node, (x) => rounded(precision === 'tf32' ? 10 : 7, x))),
    native: primitiveOps,
    capabilities: { precision },
  }));
