import { allocator, opDefinition, sizeOf } from '@attune/core';
import { bug, element, type PlantedBug } from './bug.js';

/** Ops that lose a NaN, or take it for a number. */
export const nanBugs: readonly PlantedBug[] = [
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
  bug('gather as a product with zeros and ones', /NaN.*moved/, {
    compute: (node) =>
      node.op === 'gather' && node.inputs[0]!.data.some(Number.isNaN)
        ? node.right().map((array) => array.map(() => Number.NaN))
        : undefined,
  }),
  ...(['softmax', 'layerNorm'] as const).map((op) =>
    bug(`${op} that shifts all rows by the same number`, /NaN.*moved/, {
      compute: element([op], (right, _i, { inputs }) =>
        inputs[0]!.data.some(Number.isNaN) ? Number.NaN : right,
      ),
    }),
  ),
];
