import { rule, type Kernels } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The same transposition with axes that stay neighbours taken as one, and axes of length 1 left out. */
function mergeAxes(
  shape: readonly number[],
  perm: readonly number[],
): { shape: readonly number[]; perm: readonly number[] } {
  const groups: number[][] = [];
  for (const axis of perm.filter((axis) => shape[axis] !== 1)) {
    const last = groups.at(-1);
    const follows =
      last !== undefined && shape.slice(last.at(-1)! + 1, axis).every((n) => n === 1) && axis > last.at(-1)!;
    if (follows) last.push(axis);
    else groups.push([axis]);
  }
  const inOrder = [...groups].sort((a, b) => a[0]! - b[0]!);
  return {
    shape: inOrder.map((group) => group.reduce((size, axis) => size * shape[axis]!, 1)),
    perm: groups.map((group) => inOrder.indexOf(group)),
  };
}

/** Reorders axes. The kernel has loops for up to four axes, and crawls beyond. */
export function transpose(k: Kernels, x: Tensor, perm: readonly number[]): Tensor {
  const shape = perm.map((axis) => x.shape[axis]!);
  const merged = mergeAxes(x.shape, perm);
  if (merged.shape.length < 2) return k.reshape(x, shape);
  const compact = k.reshape(x, merged.shape);
  return k.reshape(k.run('Transpose', { x: compact }, { perm: merged.perm }), shape);
}

/** The last two axes exchanged. */
export function transposeMatrices(k: Kernels, x: Tensor): Tensor {
  const rank = x.shape.length;
  return transpose(k, x, [...x.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2));
}

export const transposeRules = {
  transpose: rule<{ perm: readonly number[] }>((k, [x], { perm }) => transpose(k, x!, perm)),
};
