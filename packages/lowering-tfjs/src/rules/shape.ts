import type { Shape } from '@attune/core';
import { broadcast } from './broadcast.js';
import { rule } from './rule.js';

/** Ops that move elements and compute nothing. */
export const shapeRules = {
  reshape: rule<{ shape: Shape }>((k, [x], { shape }) => k.reshape(x!, shape)),

  transpose: rule<{ perm: readonly number[] }>((k, [x], { perm }) => k.run('Transpose', { x: x! }, { perm })),

  broadcastTo: rule<{ shape: Shape }>((k, [x], { shape }) => {
    const result = broadcast(k, x!, shape);
    return result === x ? k.alias(result) : result;
  }),

  slice: rule<{ starts: readonly number[]; sizes: readonly number[] }>((k, [x], { starts, sizes }) =>
    k.run('Slice', { x: x! }, { begin: starts, size: sizes }),
  ),

  pad: rule<{ before: readonly number[]; after: readonly number[] }>((k, [x], { before, after }) =>
    k.run(
      'PadV2',
      { x: x! },
      { paddings: before.map((count, axis) => [count, after[axis]!]), constantValue: 0 },
    ),
  ),

  concat: rule<{ axis: number }>((k, inputs, { axis }) => k.run('Concat', inputs, { axis })),
};
