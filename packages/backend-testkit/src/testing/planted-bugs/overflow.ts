import { NdArray, type OpName } from '@attune/core';
import type { Fault } from '../interpreter-engine.js';
import { bug, element, type PlantedBug } from './bug.js';

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

/** Formulas that overflow, or cancel, far from zero. */
export const overflowBugs: readonly PlantedBug[] = [
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
];
