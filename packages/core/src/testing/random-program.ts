import { GraphBuilder } from '../builder/index.js';
import type { Tensor } from '../graph/index.js';
import { interpret } from '../interpreter/index.js';
import type { Program } from '../program/index.js';
import { NdArray, type NdArrays } from '../tensor/index.js';
import { sizeOf, type TensorSpecs } from '../tensor/index.js';

/** Numbers in [0, 1) from a seed: a linear congruence, good enough to choose by. */
function numbersFrom(seed: number): () => number {
  let x = seed >>> 0;
  return () => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** A program of random ops over small matrices, with feeds, state, outputs and updates. Its values stay small. */
export function randomProgram(seed: number, length = 40): Program {
  const next = numbersFrom(seed);
  const below = (n: number) => Math.floor(next() * n);
  const g = new GraphBuilder(`random ${seed}`);
  const tensors: Tensor[] = [
    g.feed('x', { shape: [4, 6], dtype: 'f32' }),
    g.feed('row', { shape: [6], dtype: 'f32' }),
    g.state('w', { shape: [4, 6], dtype: 'f32' }),
    g.state('v', { shape: [6, 4], dtype: 'f32' }),
    g.constant(0.5),
  ];
  const pick = (accepts: (t: Tensor) => boolean = () => true) => {
    const fitting = tensors.filter(accepts);
    return fitting[below(fitting.length)]!;
  };
  const matrix = () => pick(({ rank }) => rank === 2);
  const like = (t: Tensor) => pick(({ shape }) => shape.join() === t.shape.join());
  const moves: readonly (() => Tensor)[] = [
    () => g.tanh(pick()),
    () => g.neg(pick()),
    () => g.sigmoid(pick()),
    () => g.abs(pick()),
    ...Array.from({ length: 3 }, () => () => {
      const a = pick();
      return g.mul(g.add(a, like(a)), 0.5);
    }),
    () => {
      const a = pick();
      return g.maximum(a, like(a));
    },
    () => {
      const a = pick();
      return g.select(g.less(a, like(a)), a, 0.25);
    },
    () => g.add(g.mul(matrix(), 0.5), 0.125),
    () => {
      const a = matrix();
      return g.mul(a, g.mean(a, [0], true));
    },
    () => {
      const a = matrix();
      return g.transpose(a, [1, 0]);
    },
    () => {
      const a = matrix();
      return g.reshape(a, [...a.shape].reverse());
    },
    () => {
      const a = matrix();
      return g.tanh(g.matmul(a, g.transpose(a, [1, 0])));
    },
    () => {
      const a = matrix();
      return g.slice(g.concat([a, like(a)], 0), [1, 0], a.shape);
    },
  ];
  for (let i = 0; i < length; i++) tensors.push(moves[below(moves.length)]!());
  for (let i = 0; i < 3; i++) g.output(`y${i}`, tensors[tensors.length - 1 - below(length >> 1)]!);
  g.update(
    'w',
    pick(({ shape }) => shape.join() === '4,6'),
  );
  g.update(
    'v',
    pick(({ shape }) => shape.join() === '6,4'),
  );
  return g.build();
}

/** Values for the inputs of a program, in float32. */
export function randomInputs(program: Program, seed: number): { feeds: NdArrays; state: NdArrays } {
  const next = numbersFrom(seed);
  const arrays = (specs: TensorSpecs): NdArrays =>
    Object.fromEntries(
      Object.entries(specs).map(([name, { shape }]) => [
        name,
        new NdArray(
          shape,
          'f32',
          Float32Array.from({ length: sizeOf(shape) }, () => next() * 2 - 1),
        ),
      ]),
    );
  return { feeds: arrays(program.feeds), state: arrays(program.state) };
}

/** The results of a program, as plain numbers. */
export function numbersOf(program: Program, seed = 1): Record<string, number[]> {
  const { outputs, updates } = interpret(program, randomInputs(program, seed));
  const all = {
    ...outputs,
    ...Object.fromEntries(Object.entries(updates).map(([name, v]) => [`update ${name}`, v])),
  };
  return Object.fromEntries(Object.entries(all).map(([name, { data }]) => [name, [...data]]));
}
