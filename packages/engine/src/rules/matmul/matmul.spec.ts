import { GraphBuilder, NdArray, sizeOf, type Program, type Shape, type Tensor } from '@attune/core';
import { compileTape } from '../../compile/compile.js';
import { expectedOutputs, runProgram } from '../../testing/run-program.js';
import { testHost } from '../../testing/test-host.js';
import { rules } from '../index.js';

const host = testHost();

/** Numbers between −1 and 1, the same each time. */
function numbers(shape: Shape, seed: number): NdArray {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin((i + 1) * (seed + 1.7) * 12.9898));
  return new NdArray(shape, 'f32', Float32Array.from(values));
}

/** A program on feeds of these shapes. */
function programOf(
  shapes: readonly Shape[],
  body: (g: GraphBuilder, ...feeds: Tensor[]) => Record<string, Tensor>,
): Program {
  const g = new GraphBuilder('matmul');
  const feeds = shapes.map((shape, i) => g.feed(`feed${i}`, { shape, dtype: 'f32' }));
  for (const [name, value] of Object.entries(body(g, ...feeds))) g.output(name, value);
  return g.build();
}

/** Runs a program; its outputs are the interpreter's, and its steps are those of these ops. */
async function expectSteps(program: Program, steps: readonly string[]): Promise<void> {
  const names = Object.keys(program.feeds);
  const feeds = Object.fromEntries(names.map((name, i) => [name, numbers(program.feeds[name]!.shape, i)]));
  const results = await runProgram(host, program, feeds);
  for (const [name, expected] of Object.entries(expectedOutputs(program, feeds))) {
    expect(results[name]!.shape).toEqual(expected.shape);
    const worst = Array.from(results[name]!.data).reduce(
      (largest, x, i) => Math.max(largest, Math.abs(Number(x) - Number(expected.data[i]))),
      0,
    );
    expect(worst).toBeLessThan(1e-5);
  }
  expect(compileTape(program, rules, host.kernels).steps).toEqual(steps);
}

test.each([
  { transposeA: false, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false },
  { transposeA: true, transposeB: true },
])('multiplies matrices of awkward sizes, %p', async (flags) => {
  for (const [m, k, n] of [
    [1, 1, 1],
    [1, 33, 17],
    [3, 70, 5],
    [13, 7, 19],
    [35, 40, 66],
  ] as const) {
    const a = flags.transposeA ? [2, k, m] : [2, m, k];
    const b = flags.transposeB ? [2, n, k] : [2, k, n];
    const program = programOf([a, b], (g, x, y) => ({ z: g.matmul(x, y, flags) }));
    await expectSteps(program, ['matmul']);
  }
});

test('a sum of no terms is zero, and a product without elements is none', async () => {
  const none = programOf([[3, 0], [0, 4], [4]], (g, x, y, bias) => ({ z: g.add(g.matmul(x, y), bias) }));
  await expectSteps(none, ['add']);
  await expectSteps(
    programOf(
      [
        [0, 3],
        [3, 4],
      ],
      (g, x, y) => ({ z: g.matmul(x, y) }),
    ),
    ['matmul'],
  );
});

test('one matrix for a whole batch is one product of all its rows', async () => {
  const program = programOf(
    [
      [2, 3, 4],
      [4, 5],
    ],
    (g, x, w) => ({ y: g.matmul(x, w) }),
  );
  await expectSteps(program, ['matmul']);
});

test('a product, its bias and the sum with what goes past it are one step', async () => {
  const program = programOf([[2, 3, 4], [4, 5], [5], [2, 3, 5]], (g, x, w, bias, residual) => ({
    y: g.add(residual, g.add(g.matmul(x, w), bias)),
  }));
  await expectSteps(program, ['add']);
});

test('a bias is added through a reshape', async () => {
  const program = programOf([[6, 4], [4, 5], [5]], (g, x, w, bias) => ({
    y: g.add(g.reshape(g.matmul(x, w), [2, 3, 5]), bias),
  }));
  await expectSteps(program, ['add']);
});

describe.each(['none', 'tanh'] as const)('gelu, %s', (approximate) => {
  const feedForward = (g: GraphBuilder, x: Tensor, up: Tensor, bias: Tensor, down: Tensor) => {
    const before = g.add(g.matmul(x, up), bias);
    return { before, after: g.matmul(g.applyAll('gelu', [before], { approximate })[0]!, down) };
  };
  const shapes = [[6, 4], [4, 21], [21], [21, 3]];

  test('is applied to the sums before they are stored', async () => {
    await expectSteps(
      programOf(shapes, (g, x, up, bias, down) => ({ y: feedForward(g, x, up!, bias!, down!).after })),
      ['gelu', 'matmul'],
    );
  });

  test('leaves what it is applied to in memory, too, where somebody reads it', async () => {
    const program = programOf(shapes, (g, x, up, bias, down) => feedForward(g, x, up!, bias!, down!));
    await expectSteps(program, [expect.stringMatching(/^(gelu|add)$/) as unknown as string, 'matmul']);
  });
});

test('operands that are transposed, sliced and reshaped are read where they lie', async () => {
  // Scores of attention, from rows that hold queries, keys and values of two heads.
  const program = programOf([[2, 5, 24]], (g, qkv) => {
    const heads = (part: number) =>
      g.transpose(
        g.reshape(
          g.applyAll('slice', [qkv], { starts: [0, 0, 8 * part], sizes: [2, 5, 8] })[0]!,
          [2, 5, 2, 4],
        ),
        [0, 2, 1, 3],
      );
    return { scores: g.matmul(heads(0), heads(1), { transposeB: true }) };
  });
  await expectSteps(program, ['matmul']);
});

test('infinities and NaN stay in their rows and columns', async () => {
  const program = programOf(
    [
      [5, 9],
      [9, 35],
    ],
    (g, x, y) => ({ z: g.matmul(x, y) }),
  );
  const [x, y] = [numbers([5, 9], 1), numbers([9, 35], 2)];
  x.data[3 * 9 + 2] = Infinity;
  y.data[4 * 35 + 33] = NaN;
  const { z } = await runProgram(host, program, { feed0: x, feed1: y });
  Array.from(z!.data).forEach((value, at) => {
    const isInside = Math.floor(at / 35) === 3 || at % 35 === 33;
    expect(Number.isFinite(value)).toBe(!isInside);
  });
});

test.each([false, true])(
  'the bits of a row do not depend on the rows beside it, transposed: %s',
  async (transposeB) => {
    // Long enough to be cut along k.
    const [k, n] = [900, 70];
    const rowOf = async (rows: number) => {
      const shapes = [[rows, k], transposeB ? [n, k] : [k, n]];
      const program = programOf(shapes, (g, x, y) => ({ z: g.matmul(x!, y!, { transposeB }) }));
      const { z } = await runProgram(host, program, {
        feed0: numbers([rows, k], 1),
        feed1: numbers(shapes[1]!, 2),
      });
      return z!.data.slice(0, n);
    };
    const alone = await rowOf(1);
    for (const rows of [2, 4, 5, 8, 13, 16]) expect(await rowOf(rows)).toEqual(alone);
  },
);
