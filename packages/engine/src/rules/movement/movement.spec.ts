import {
  GraphBuilder,
  hostArrayTypes,
  NdArray,
  sizeOf,
  type DType,
  type Program,
  type Shape,
  type Tensor,
} from '@attune/core';
import { compileTape } from '../../compile/compile.js';
import { expectedOutputs, runProgram } from '../../testing/run-program.js';
import { testHost } from '../../testing/test-host.js';
import { rules } from '../index.js';

const host = testHost();

/** Different numbers; for bool, 0 and 1. */
function numbered(shape: Shape, dtype: DType): NdArray {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) =>
    dtype === 'bool' ? ((i * 7) % 5) & 1 : i + 1,
  );
  return new NdArray(shape, dtype, hostArrayTypes[dtype].from(values));
}

/** Builds a program of one input and one output. */
function programOf(shape: Shape, dtype: DType, body: (g: GraphBuilder, x: Tensor) => Tensor): Program {
  const g = new GraphBuilder('movement');
  g.output('y', body(g, g.feed('x', { shape, dtype })));
  return g.build();
}

/** Runs a program and compares every element with the interpreter's. */
async function expectSame(program: Program): Promise<void> {
  const { shape, dtype } = program.feeds['x']!;
  const feeds = { x: numbered(shape, dtype) };
  const { y } = await runProgram(host, program, feeds);
  const expected = expectedOutputs(program, feeds)['y']!;
  expect({ shape: y!.shape, data: Array.from(y!.data) }).toEqual({
    shape: expected.shape,
    data: Array.from(expected.data),
  });
}

const kernelsOf = (program: Program): readonly string[] => {
  const { tape } = compileTape(program, rules, host.kernels);
  const names: string[] = [];
  for (let at = 2; at < tape.length; at += 3 + tape[at + 2]!) names.push(host.kernels[tape[at]!]!.name);
  return names;
};

/** Whole numbers below a limit, the same in every run. */
function draws(seed: number) {
  let state = seed * 2654435761;
  return (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** A few ops that move elements, one after the other. */
function randomMoves(g: GraphBuilder, x: Tensor, draw: (limit: number) => number): Tensor {
  let y = x;
  for (let count = 1 + draw(4); count > 0; count--) {
    const { shape } = y;
    const op = draw(6);
    if (op === 0) {
      const perm = shape.map((_, axis) => axis);
      perm.forEach((_, i) => {
        const j = draw(i + 1);
        [perm[i], perm[j]] = [perm[j]!, perm[i]!];
      });
      y = g.transpose(y, perm);
    } else if (op === 1) {
      const starts = shape.map((length) => draw(Math.ceil(length / 2)));
      y = g.slice(
        y,
        starts,
        shape.map((length, i) => length - starts[i]! - draw(Math.ceil((length - starts[i]!) / 2))),
      );
    } else if (op === 2) {
      y = g.pad(
        y,
        shape.map(() => draw(3)),
        shape.map(() => draw(2)),
      );
    } else if (op === 3) {
      const axis = draw(shape.length);
      const half = Math.floor(shape[axis]! / 2);
      // Two axes of one, or one of two.
      y =
        shape[axis]! % 2 === 0
          ? g.reshape(y, [...shape.slice(0, axis), 2, half, ...shape.slice(axis + 1)])
          : g.reshape(y, shape.length > 1 ? [shape[0]! * shape[1]!, ...shape.slice(2)] : shape);
    } else if (op === 4) {
      if (sizeOf(shape) < 2000) y = g.broadcastTo(g.reshape(y, [...shape, 1]), [2 + draw(2), ...shape, 3]);
    } else {
      y = g.concat([y, y, y], draw(shape.length));
    }
    if (y.shape.length > 6) y = g.reshape(y, [sizeOf(y.shape)]);
  }
  return y;
}

test.each(Array.from({ length: 40 }, (_, seed) => [seed]))(
  'moves elements as the interpreter does: %i',
  async (seed) => {
    const draw = draws(seed);
    const lengths = [1, 2, 3, 4, 7, 8, 17];
    const shape = Array.from({ length: 1 + draw(4) }, () => lengths[draw(lengths.length)]!);
    const dtype = (['f32', 'i32', 'bool'] as const)[draw(3)]!;
    // The kernels' cut into tasks shows in large tensors only.
    if (seed % 10 === 0) shape.unshift(61);
    await expectSame(programOf(shape, dtype, (g, x) => randomMoves(g, x, draw)));
  },
);

describe('at the edges', () => {
  test.each([
    ['a scalar repeated', [], (g: GraphBuilder, x: Tensor) => g.broadcastTo(x, [3, 0, 2])],
    ['a scalar repeated often', [], (g: GraphBuilder, x: Tensor) => g.broadcastTo(x, [70_001])],
    ['nothing transposed', [0, 3], (g: GraphBuilder, x: Tensor) => g.transpose(x, [1, 0])],
    ['nothing padded', [2, 0], (g: GraphBuilder, x: Tensor) => g.pad(x, [1, 2], [0, 1])],
    ['nothing between', [2, 0], (g: GraphBuilder, x: Tensor) => g.concat([x, g.pad(x, [0, 1], [0, 0])], 1)],
    [
      'a line longer than a task',
      [3, 40_000],
      (g: GraphBuilder, x: Tensor) => g.slice(x, [1, 1], [2, 39_998]),
    ],
    ['a large transpose', [301, 259], (g: GraphBuilder, x: Tensor) => g.transpose(x, [1, 0])],
    [
      'eight axes that do not lie together',
      [2, 2, 2, 2, 2, 2, 2, 2],
      (g: GraphBuilder, x: Tensor) => g.transpose(x, [1, 0, 3, 2, 5, 4, 7, 6]),
    ],
  ] as const)('%s', async (_, shape, body) => {
    await expectSame(programOf(shape, 'f32', body));
    await expectSame(programOf(shape, 'bool', body));
  });
});

describe('moves each element once', () => {
  const [batch, time, heads, width] = [2, 5, 3, 4];
  const split = (g: GraphBuilder, x: Tensor, part: number) =>
    g.transpose(
      g.reshape(g.slice(x, [0, 0, part * heads * width], [batch, time, heads * width]), [
        batch,
        time,
        heads,
        width,
      ]),
      [0, 2, 1, 3],
    );

  it('splits heads by one copy', async () => {
    const program = programOf([batch, time, 3 * heads * width], 'f32', (g, x) => split(g, x, 1));
    expect(kernelsOf(program)).toEqual(['move']);
    await expectSame(program);
  });

  it('puts the gradients of slices together without adding them', async () => {
    const program = programOf([batch, time, 3 * heads * width], 'f32', (g, x) => {
      const merge = (y: Tensor) => g.reshape(g.transpose(y, [0, 2, 1, 3]), [batch, time, heads * width]);
      const placed = [2, 0, 1].map((part) =>
        g.pad(merge(split(g, x, part)), [0, 0, part * heads * width], [0, 0, (2 - part) * heads * width]),
      );
      return placed.reduce((total, part) => g.add(total, part));
    });
    expect(kernelsOf(program)).toEqual(['move', 'move', 'move']);
    await expectSame(program);
  });

  it('fills what no slice covers', async () => {
    await expectSame(
      programOf([4, 3], 'f32', (g, x) => g.add(g.pad(x, [1, 0], [5, 2]), g.pad(x, [6, 1], [0, 1]))),
    );
  });
});
