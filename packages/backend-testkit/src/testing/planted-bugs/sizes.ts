import { allocator, opDefinition } from '@attune/core';
import type { Computation } from '../interpreter-engine.js';
import { bug, element, type PlantedBug } from './bug.js';

const beyondRow =
  (limit: number) =>
  (x: number, i: number, { inputs: [input] }: Computation) =>
    i % (input!.shape.at(-1) ?? 1) >= limit ? 0 : x;

/** Ops that are right for small tensors alone. */
export const sizeBugs: readonly PlantedBug[] = [
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
  ...(['gather', 'scatterAdd', 'softmaxCrossEntropy'] as const).map((op) =>
    bug(`${op} by an index of 16 bits`, /scale.*65,536th/, {
      compute: (node) => {
        if (node.op !== op) return undefined;
        const at = op === 'scatterAdd' ? 0 : 1;
        const inputs = node.inputs.map((x, i) => (i === at ? x.map((index) => index & 0xffff) : x));
        return [...opDefinition(op).reference(inputs, node.attrs, allocator('f32'))];
      },
    }),
  ),
  bug('layerNorm of one channel, divided by its variance', /layerNorm f32\[3, 1\]/, {
    compute: element(['layerNorm'], (x, _i, { inputs }) => (inputs[0]!.shape.at(-1) === 1 ? Number.NaN : x)),
  }),
  bug('cross-entropy of one class, without what is ignored', /softmaxCrossEntropy f32\[3, 1\]/, {
    compute: element(['softmaxCrossEntropy'], (x, _i, { inputs }) => (inputs[0]!.shape.at(-1) === 1 ? 1 : x)),
  }),
  ...(['matmul', 'scatterAdd', 'sum'] as const).map((op) =>
    bug(`${op} over nothing, which leaves what was in memory`, /sums over nothing/, {
      compute: element([op], (x, _i, { inputs }) => (inputs.some(({ size }) => size === 0) ? 7 : x)),
    }),
  ),
  ...(['layerNormGrad', 'rmsNormGrad'] as const).map((op) =>
    bug(
      `${op} that adds up the rows of one matrix, where there are several`,
      /gradient of .*Norm f32\[2, 3, 5\]/,
      {
        compute: (node) =>
          node.op === op && node.inputs[0]!.shape.length === 3
            ? node.right().map((array, i) => (i === 0 ? array : array.map((x) => x / 2)))
            : undefined,
      },
    ),
  ),
];
