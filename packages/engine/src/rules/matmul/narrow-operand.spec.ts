import { expectValue } from '@attune/backend-testkit';
import {
  GraphBuilder,
  hostTensor,
  NdArray,
  sizeOf,
  type Program,
  type Shape,
  type StorageDType,
  type Tensor,
} from '@attune/core';
import { compileTape } from '../../compile/compile.js';
import { noise } from '../../testing/kernels.js';
import { expectedOutputs, runProgram } from '../../testing/run-program.js';
import { testHost } from '../../testing/test-host.js';
import { rules } from '../index.js';

const host = testHost();
const storages = ['bf16', 'f16', 'i8'] as const;

const f32 = (shape: Shape, seed: number) => new NdArray(shape, 'f32', noise(sizeOf(shape), seed));

/** Weights of a storage type. */
function weights(dtype: StorageDType, shape: Shape): NdArray {
  const numbers = Array.from(noise(sizeOf(shape), 5, dtype === 'i8' ? 128 : 1), (x) =>
    dtype === 'i8' ? Math.trunc(x) : x,
  );
  return new NdArray(shape, dtype, hostTensor(dtype, shape, numbers).data);
}

interface Case {
  readonly program: Program;
  readonly feeds: Record<string, NdArray>;
  readonly state: Record<string, NdArray>;
}

/** A program that reads weights `w`, widened and scaled, beside feeds. */
function caseOf(
  { w, scales, ...feeds }: Record<string, NdArray>,
  body: (g: GraphBuilder, w: Tensor, feeds: Record<string, Tensor>) => Record<string, Tensor>,
): Case {
  const g = new GraphBuilder('narrow');
  const wide = g.cast(g.state('w', w!), 'f32');
  const scaled = scales ? g.mul(wide, g.state('scales', scales)) : wide;
  const given = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, g.feed(name, value)]));
  for (const [name, value] of Object.entries(body(g, scaled, given))) g.output(name, value);
  return { program: g.build(), feeds, state: { w: w!, ...(scales && { scales }) } };
}

/** Runs a program: its outputs are the interpreter's, its steps those of these ops. */
async function expectSteps({ program, feeds, state }: Case, steps: readonly string[]): Promise<void> {
  const actual = await runProgram(host, program, feeds, state);
  for (const [name, expected] of Object.entries(expectedOutputs(program, feeds, state)))
    expectValue(actual[name]!, expected, name);
  expect(compileTape(program, rules, host.kernels).steps).toEqual(steps);
}

const sizes = [
  [1, 1, 1],
  [1, 33, 17],
  [3, 70, 5],
  [5, 257, 130],
  [14, 40, 66],
  [40, 300, 31],
] as const;
const transposes = [
  { transposeA: false, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false },
  { transposeA: true, transposeB: true },
];

describe.each(storages)('%s', (dtype) => {
  test.each(transposes)('products read weights as they are stored, %p', async (flags) => {
    for (const [m, k, n] of sizes) {
      const x = f32(flags.transposeA ? [k, m] : [m, k], 1);
      const w = weights(dtype, flags.transposeB ? [n, k] : [k, n]);
      await expectSteps(
        caseOf({ x, w }, (g, wide, feeds) => ({ y: g.matmul(feeds['x']!, wide, flags) })),
        ['matmul'],
      );
    }
  });

  test('a product reads them through a reshape, a transpose and a slice', async () => {
    const of = (g: GraphBuilder, wide: Tensor, x: Tensor) => {
      const turned = g.transpose(g.reshape(wide, [6, 10, 4]), [1, 0, 2]);
      return g.matmul(x, g.slice(turned, [3, 2, 0], [4, 1, 4]));
    };
    const feeds = { x: f32([4, 3, 1], 1), w: weights(dtype, [60, 4]) };
    await expectSteps(
      caseOf(feeds, (g, wide, { x }) => ({ y: of(g, wide, x!) })),
      ['matmul'],
    );
  });

  test('a product with bias, function and residual', async () => {
    const feeds = {
      x: f32([2, 3, 20], 1),
      b: f32([18], 2),
      r: f32([2, 3, 18], 3),
      w: weights(dtype, [20, 18]),
    };
    await expectSteps(
      caseOf(feeds, (g, wide, { x, b, r }) => ({ y: g.add(g.add(g.matmul(x!, wide), b!), r!) })),
      ['add'],
    );
  });

  test('a lookup reads the rows it needs', async () => {
    for (const width of [1, 5, 48, 77]) {
      const at = new NdArray([4], 'i32', Int32Array.of(10, 0, 3, 10));
      await expectSteps(
        caseOf({ at, w: weights(dtype, [11, width]) }, (g, wide, feeds) => ({
          y: g.gather(wide, feeds['at']!),
        })),
        ['gather'],
      );
    }
  });

  test('a linear head and the gradient of what it reads', async () => {
    const feeds = {
      hidden: f32([17, 24], 1),
      targets: new NdArray(
        [17],
        'i32',
        Int32Array.from({ length: 17 }, (_, i) => (i === 4 ? -100 : i * 4)),
      ),
      lossWeights: f32([17], 3),
      w: weights(dtype, [67, 24]),
    };
    for (const chunk of [1, 14, 64]) {
      const of = caseOf(feeds, (g, wide, { hidden, targets, lossWeights }) => {
        const inputs = [hidden!, wide, targets!, lossWeights!];
        const [loss, dHidden] = g.applyAll('linearCrossEntropy', inputs, { chunk, ignoreIndex: -100 });
        return { loss: loss!, dHidden: dHidden! };
      });
      await expectSteps(of, ['linearCrossEntropy']);
    }
  });

  test('what cannot read them as they are stored gets them widened', async () => {
    const feeds = { x: f32([5, 7], 1), w: weights(dtype, [6, 5]) };
    await expectSteps(
      caseOf(feeds, (g, wide, { x }) => ({ left: g.matmul(wide, x!), sum: g.add(wide, 1) })),
      ['cast', 'matmul', 'add'],
    );
  });
});

describe('8-bit weights with factors', () => {
  const w = weights('i8', [34, 21]);
  test.each([
    ['of rows', [34, 1]],
    ['of columns', [1, 21]],
    ['of columns, without an axis for rows', [21]],
  ] as const)('%s', async (_, shape) => {
    const scales = f32(shape, 7);
    for (const rows of [1, 4, 13, 50]) {
      const feeds = { x: f32([rows, 34], 1), dy: f32([rows, 21], 2), r: f32([rows, 21], 3), w, scales };
      const both = caseOf(feeds, (g, wide, { x, dy, r }) => ({
        dx: g.matmul(dy!, wide, { transposeB: true }),
        y: g.matmul(x!, wide),
        z: g.add(g.matmul(x!, wide), r!),
      }));
      await expectSteps(both, ['matmul', 'matmul', 'add']);
    }
    const at = new NdArray([3], 'i32', Int32Array.of(33, 0, 5));
    await expectSteps(
      caseOf({ at, w, scales }, (g, wide, feeds) => ({ y: g.gather(wide, feeds['at']!) })),
      ['gather'],
    );
    const feeds = { hidden: f32([3, 21], 1), at, lossWeights: f32([3], 3), w, scales };
    const head = caseOf(feeds, (g, wide, { hidden, at, lossWeights }) => {
      const inputs = [hidden!, wide, at!, lossWeights!];
      const [loss, dHidden] = g.applyAll('linearCrossEntropy', inputs, { chunk: 2, ignoreIndex: -100 });
      return { loss: loss!, dHidden: dHidden! };
    });
    await expectSteps(head, ['linearCrossEntropy']);
  });

  test('factors of single elements are left to an op of their own', async () => {
    const feeds = { x: f32([2, 34], 1), w, scales: f32([34, 21], 7) };
    await expectSteps(
      caseOf(feeds, (g, wide, { x }) => ({ y: g.matmul(x!, wide) })),
      ['cast', 'mul', 'matmul'],
    );
  });
});

/** Infinities, NaN, zeros, the least and the largest numbers, normal and subnormal. */
const bits = {
  bf16: [0x7f80, 0xff80, 0x7fc0, 0x8000, 0x0001, 0x807f, 0x0080, 0x7f7f, 0x3f80, 0xbf81],
  f16: [0x7c00, 0xfc00, 0x7e00, 0x8000, 0x0001, 0x83ff, 0x0400, 0x7bff, 0x3c00, 0xbc01],
};

test.each(['bf16', 'f16'] as const)('every kind of number in %s arrives as it is', async (dtype) => {
  const elements = Uint16Array.from({ length: 37 }, (_, i) => bits[dtype][i % 10]!);
  // Few rows and many, along rows and columns of the weights.
  for (const rows of [1, 20]) {
    const x = new NdArray([rows, 1], 'f32', new Float32Array(rows).fill(1));
    for (const transposeB of [false, true]) {
      const w = new NdArray(transposeB ? [37, 1] : [1, 37], dtype, elements);
      const { program, feeds, state } = caseOf({ x, w }, (g, wide, { x }) => ({
        y: g.matmul(x!, wide, { transposeB }),
      }));
      const { y } = await runProgram(host, program, feeds, state);
      const expected = expectedOutputs(program, feeds, state)['y']!;
      expect(Array.from(y!.data, Number)).toEqual(Array.from(expected.data, (each) => Number(each) + 0));
    }
  }
});
