import { allocator, opDefinition, type OpName } from '@attune/core';
import type { Fault } from '../interpreter-engine.js';
import { bug, element, type PlantedBug } from './bug.js';

/** An op that computes whole numbers in float32. */
const inFloat = (op: OpName): Fault => ({
  compute: ({ op: own, inputs, attrs }) =>
    own === op && inputs.some(({ dtype }) => dtype === 'i32')
      ? opDefinition(op)
          .reference(
            inputs.map((x) => (x.dtype === 'i32' ? x.map(Math.fround) : x)),
            attrs,
            allocator('f32'),
          )
          .map((array) => (array.dtype === 'i32' ? array.map(Math.fround) : array))
      : undefined,
});

const LIMIT = 2 ** 31;

/** Whole numbers that are taken for floats, or for larger ones than they are. */
export const wholeNumberBugs: readonly PlantedBug[] = [
  ...(['add', 'sub', 'mul', 'maximum', 'minimum', 'less', 'lessEqual', 'equal', 'select'] as const).map(
    (op) =>
      bug(
        `${op} of whole numbers in float32`,
        new RegExp(`ops: elementwise › ${op} .*of large`),
        inFloat(op),
      ),
  ),
  ...(['transpose', 'reshape', 'broadcastTo', 'slice', 'pad', 'concat'] as const).map((op) =>
    bug(`${op} of whole numbers in float32`, /i32 beyond 2\^24, moved/, inFloat(op)),
  ),
  bug('add that stops at the largest whole number', /add beyond 32 bits/, {
    compute: element(['add'], (right, i, { inputs: [a, b] }) =>
      a!.dtype === 'i32' && a!.size === b!.size
        ? Math.max(-LIMIT, Math.min(LIMIT - 1, a!.data[i]! + b!.data[i]!))
        : right,
    ),
  }),
];
