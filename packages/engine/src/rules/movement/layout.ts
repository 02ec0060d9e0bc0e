import { sizeOf, stridesOf, type Shape, type ValueId } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';

/** Elements that lie a fixed number of elements apart. */
export interface Run {
  readonly length: number;
  /** 0 where the same element is repeated. */
  readonly stride: number;
}

/**
 * Where the elements of a tensor lie in the memory of a value. An axis is made of runs, outermost first: two axes that do not
 * lie together are still one axis after a reshape.
 */
export interface Layout {
  readonly value: ValueId;
  /** The first element. */
  readonly offset: number;
  readonly axes: readonly (readonly Run[])[];
}

/** A value as it lies in its own memory: row-major. */
export function dense(graph: RuleGraph, value: ValueId): Layout {
  const { shape } = graph.spec(value);
  return { value, offset: 0, axes: denseAxes(shape) };
}

function denseAxes(shape: Shape): Layout['axes'] {
  const strides = stridesOf(shape);
  return shape.map((length, axis) => [{ length, stride: strides[axis]! }]);
}

const product = (runs: readonly Run[]) => runs.reduce((size, { length }) => size * length, 1);

/** The shape of the tensor. */
export const shapeOf = ({ axes }: Layout): Shape => axes.map(product);

/** Runs without those of one element, neighbours joined where one goes on where the other ends. */
export function joined(runs: readonly Run[]): Run[] {
  const result: Run[] = [];
  for (const run of runs) {
    const last = result.at(-1);
    if (run.length === 1) continue;
    if (last && last.stride === run.stride * run.length) {
      result[result.length - 1] = { length: last.length * run.length, stride: run.stride };
    } else {
      result.push(run);
    }
  }
  return result;
}

/** One stride for each axis, 0 along one of a single element; `undefined` where an axis is made of several runs. */
export function axisStrides({ axes }: Layout): readonly number[] | undefined {
  const runs = axes.map(joined);
  return runs.every(({ length }) => length <= 1) ? runs.map(([run]) => run?.stride ?? 0) : undefined;
}

/** Axis i of the result is axis `perm[i]` of the layout. */
export function transposed(layout: Layout, perm: readonly number[]): Layout {
  return { ...layout, axes: perm.map((axis) => layout.axes[axis]!) };
}

/** The same elements in the same order under another shape, unless an axis would begin in the middle of a run. */
export function reshaped(layout: Layout, shape: Shape): Layout | undefined {
  if (sizeOf(shape) === 0) return { ...layout, axes: denseAxes(shape) };
  const rest = joined(layout.axes.flat());
  const axes: Run[][] = [];
  for (const length of shape) {
    const axis: Run[] = [];
    for (let left = length; left > 1;) {
      const { length: whole, stride } = rest.shift()!;
      if (left % whole === 0) {
        axis.push({ length: whole, stride });
        left /= whole;
      } else if (whole % left === 0) {
        axis.push({ length: left, stride: (stride * whole) / left });
        rest.unshift({ length: whole / left, stride });
        left = 1;
      } else {
        return undefined;
      }
    }
    axes.push(axis);
  }
  return { ...layout, axes };
}

/** The box of `sizes` elements from `starts` on, unless it cuts an axis of several runs. */
export function sliced(
  layout: Layout,
  starts: readonly number[],
  sizes: readonly number[],
): Layout | undefined {
  let { offset } = layout;
  const axes: (readonly Run[])[] = [];
  for (const [i, axis] of layout.axes.entries()) {
    const runs = joined(axis);
    const [length, first] = [sizes[i]!, starts[i]!];
    if (length === product(runs)) {
      axes.push(runs);
    } else if (runs.length === 1) {
      offset += first * runs[0]!.stride;
      axes.push([{ length, stride: runs[0]!.stride }]);
    } else {
      return undefined;
    }
  }
  return { ...layout, offset, axes };
}

/** Axes of one element repeated, and new ones before them. */
export function broadcast(layout: Layout, shape: Shape): Layout {
  const missing = shape.length - layout.axes.length;
  const axes = shape.map((length, i) => {
    const runs = layout.axes[i - missing] ?? [];
    return product(runs) === length ? runs : [{ length, stride: 0 }];
  });
  return { ...layout, axes };
}
