import { rule, type Kernels } from '@attune/lowering-tfjs';
import { sizeOf } from '@attune/core';
import type { Tensor } from '@tensorflow/tfjs-core';

type Counts = readonly number[];

/** XNNPACK pads up to six axes: of more, the first five, then the others. */
function pad(k: Kernels, x: Tensor, before: Counts, after: Counts): Tensor {
  const { shape } = x;
  if (shape.length <= 6) {
    const paddings = before.map((count, axis) => [count, after[axis]!]);
    return k.run('PadV2', { x }, { paddings, constantValue: 0 });
  }
  const inner = shape.slice(5);
  const compact = k.reshape(x, [...shape.slice(0, 5), sizeOf(inner)]);
  const outer = pad(k, compact, [...before.slice(0, 5), 0], [...after.slice(0, 5), 0]);
  const rows = k.reshape(outer, [sizeOf(outer.shape.slice(0, 5)), ...inner]);
  const padded = pad(k, rows, [0, ...before.slice(5)], [0, ...after.slice(5)]);
  return k.reshape(padded, [...outer.shape.slice(0, 5), ...padded.shape.slice(1)]);
}

/** Rules that add zeros around a tensor. */
export const padRules = {
  pad: rule<{ before: Counts; after: Counts }>((k, [x], { before, after }) => pad(k, x!, before, after)),
};
