import type { Shape } from '@attune/core';
import { bool, f32, i32, i32Values, type CaseInput, type OpCase } from './op-case.js';

const name = (op: string, from: Shape, rest: string) => `${op} [${from.join(', ')}] ${rest}`;

function reshape(x: CaseInput, to: Shape): OpCase {
  return {
    name: name('reshape', x.shape, `${x.dtype} to [${to.join(', ')}]`),
    inputs: { x },
    compute: (g, inputs) => g.reshape(inputs['x']!, to),
  };
}

function transpose(x: CaseInput, perm: readonly number[]): OpCase {
  return {
    name: name('transpose', x.shape, `${x.dtype} by ${perm.join()}`),
    inputs: { x },
    compute: (g, inputs) => g.transpose(inputs['x']!, perm),
  };
}

function broadcastTo(x: CaseInput, to: Shape): OpCase {
  return {
    name: name('broadcastTo', x.shape, `${x.dtype} to [${to.join(', ')}]`),
    inputs: { x },
    compute: (g, inputs) => g.broadcastTo(inputs['x']!, to),
  };
}

function slice(x: CaseInput, starts: readonly number[], sizes: readonly number[]): OpCase {
  return {
    name: name('slice', x.shape, `${x.dtype} at [${starts.join(', ')}] of [${sizes.join(', ')}]`),
    inputs: { x },
    compute: (g, inputs) => g.slice(inputs['x']!, starts, sizes),
  };
}

function pad(x: CaseInput, before: readonly number[], after: readonly number[]): OpCase {
  return {
    name: name('pad', x.shape, `${x.dtype} by [${before.join(', ')}] and [${after.join(', ')}]`),
    inputs: { x },
    compute: (g, inputs) => g.pad(inputs['x']!, before, after),
  };
}

function concat(inputs: readonly CaseInput[], axis: number): OpCase {
  const shapes = inputs.map(({ shape }) => `[${shape.join(', ')}]`).join(' ');
  return {
    name: `concat ${inputs[0]!.dtype} ${shapes} along ${axis}`,
    inputs: Object.fromEntries(inputs.map((input, i) => [`x${i}`, input])),
    compute: (g, tensors) =>
      g.concat(
        inputs.map((_, i) => tensors[`x${i}`]!),
        axis,
      ),
  };
}

const iota = (shape: Shape, axis: number): OpCase => ({
  name: name('iota', shape, `along ${axis}`),
  inputs: {},
  compute: (g) => g.iota(shape, axis),
});

/** Ops that move elements, and those that make them. */
export const shapeCases: readonly OpCase[] = [
  reshape(f32([2, 3, 4]), [6, 4]),
  reshape(f32([2, 3, 4]), [24]),
  reshape(f32([1]), []),
  reshape(f32([]), [1, 1, 1]),
  reshape(f32([2, 6]), [1, 3, 1, 2, 2]),
  reshape(i32([4], [0, 9]), [2, 2]),
  reshape(bool([2, 2]), [4]),
  transpose(f32([3, 5]), [1, 0]),
  transpose(f32([2, 3, 4]), [1, 0, 2]),
  transpose(f32([2, 3, 4]), [2, 0, 1]),
  transpose(f32([2, 3, 4, 5]), [0, 2, 1, 3]),
  transpose(f32([2, 3, 1, 2, 2]), [4, 2, 0, 3, 1]),
  transpose(i32([3, 2], [0, 9]), [1, 0]),
  transpose(bool([3, 2]), [1, 0]),
  broadcastTo(f32([]), [3]),
  broadcastTo(f32([3]), [2, 3]),
  broadcastTo(f32([2, 1]), [2, 4]),
  broadcastTo(f32([1, 3, 1]), [2, 2, 3, 2]),
  broadcastTo(f32([2, 1, 1, 3]), [2, 2, 2, 2, 3]),
  broadcastTo(i32([2, 1], [0, 9]), [2, 3]),
  broadcastTo(bool([1, 3]), [2, 3]),
  slice(f32([7]), [2], [3]),
  slice(f32([3, 4]), [1, 0], [2, 4]),
  slice(f32([2, 3, 6]), [0, 0, 2], [2, 3, 2]),
  slice(f32([2, 3, 2, 4]), [1, 1, 0, 3], [1, 2, 2, 1]),
  slice(f32([2, 2, 2, 2, 3]), [0, 1, 0, 1, 1], [2, 1, 1, 1, 2]),
  slice(i32([5], [0, 9]), [1], [3]),
  slice(bool([3, 3]), [1, 1], [2, 2]),
  pad(f32([3]), [1], [2]),
  pad(f32([2, 3]), [0, 2], [1, 0]),
  pad(f32([2, 1, 3]), [1, 0, 0], [0, 1, 2]),
  pad(f32([2, 1, 2, 2]), [0, 1, 0, 1], [1, 0, 0, 1]),
  pad(i32([3], [1, 9]), [2], [0]),
  pad(bool([3]), [1], [1]),
  concat([f32([2]), f32([3])], 0),
  concat([f32([2, 3]), f32([2, 1]), f32([2, 2])], 1),
  concat([f32([1, 2, 3]), f32([2, 2, 3])], 0),
  concat([f32([2, 1, 2, 2]), f32([2, 1, 3, 2])], -2),
  concat([i32([2], [0, 9]), i32([3], [0, 9])], 0),
  concat([bool([2, 2]), bool([2, 2])], -1),
  {
    name: 'i32 beyond 2^24, moved',
    inputs: { x: i32Values([2, 2], [2 ** 24 + 1, -(2 ** 24) - 3, 2 ** 31 - 1, -(2 ** 31)]) },
    compute: (g, { x }) => [
      g.transpose(x!, [1, 0]),
      g.reshape(x!, [4]),
      g.broadcastTo(x!, [2, 2, 2]),
      g.slice(x!, [0, 1], [2, 1]),
      g.pad(x!, [0, 1], [1, 0]),
      g.concat([x!, x!], 0),
    ],
  },
  {
    name: 'concat of one tensor twice',
    inputs: { x: f32([2, 3]) },
    compute: (g, { x }) => g.concat([x!, x!], 0),
  },
  iota([5], 0),
  iota([2, 3], 0),
  iota([2, 3, 4], 1),
  { name: 'constant f32[2, 3]', inputs: {}, compute: (g) => g.constant(-0.1, [2, 3]) },
  { name: 'constant i32[]', inputs: {}, compute: (g) => g.constant(2 ** 24 + 1, [], 'i32') },
  { name: 'constant bool[3]', inputs: {}, compute: (g) => g.constant(1, [3], 'bool') },
  {
    name: 'a feed as it is',
    inputs: { x: f32([2, 3]), i: i32([3], [-9, 9]), b: bool([4]) },
    compute: (_g, { x, i, b }) => [x!, i!, b!],
  },
];
