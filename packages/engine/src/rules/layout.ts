import { sizeOf, stridesOf, type OpNode, type Shape, type ValueId } from '@attune/core';
import type { RuleGraph } from '../steps/graph.js';

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
  readonly source: ValueId;
  /** The first element. */
  readonly start: number;
  readonly axes: readonly (readonly Run[])[];
}

/** A value as it lies in memory. */
export function dense(source: ValueId, shape: Shape): Layout {
  const strides = stridesOf(shape);
  return { source, start: 0, axes: shape.map((length, axis) => [{ length, stride: strides[axis]! }]) };
}

const product = (runs: readonly Run[]) => runs.reduce((size, { length }) => size * length, 1);

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

/** The same elements in the same order under another shape, unless an axis would begin in the middle of a run. */
function reshaped(layout: Layout, shape: Shape): Layout | undefined {
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
function sliced(layout: Layout, starts: readonly number[], sizes: readonly number[]): Layout | undefined {
  let { start } = layout;
  const axes: (readonly Run[])[] = [];
  for (const [i, axis] of layout.axes.entries()) {
    const runs = joined(axis);
    const [length, first] = [sizes[i]!, starts[i]!];
    if (length === product(runs)) {
      axes.push(runs);
    } else if (runs.length === 1) {
      start += first * runs[0]!.stride;
      axes.push([{ length, stride: runs[0]!.stride }]);
    } else {
      return undefined;
    }
  }
  return { ...layout, start, axes };
}

/** Axes of one element repeated, and new ones before them. */
function broadcast(layout: Layout, shape: Shape): Layout {
  const missing = shape.length - layout.axes.length;
  const axes = shape.map((length, i) => {
    const runs = layout.axes[i - missing] ?? [];
    return product(runs) === length ? runs : [{ length, stride: 0 }];
  });
  return { ...layout, axes };
}

/** The layout of the result of an op that moves elements, from that of its input. */
function moved(node: OpNode, input: Layout, shape: Shape): Layout | undefined {
  const list = (name: string) => node.attrs[name] as readonly number[];
  if (node.op === 'transpose') return { ...input, axes: list('perm').map((axis) => input.axes[axis]!) };
  if (node.op === 'slice') return sliced(input, list('starts'), list('sizes'));
  if (node.op === 'broadcastTo') return broadcast(input, shape);
  return reshaped(input, shape);
}

const movements = ['transpose', 'slice', 'broadcastTo', 'reshape'] as const;

/**
 * Where the elements of a value lie if the ops that only move them, back to the first that computes something, are left out.
 * A transpose that others read as well is taken as it is: they need it in memory, and it reads better from there. A value
 * without elements is its own source.
 */
export function layoutOf(graph: RuleGraph, id: ValueId, isWanted = true): Layout {
  const { shape } = graph.spec(id);
  const node = graph.producedBy(id, ...movements);
  const stays = node === undefined || (!isWanted && node.op !== 'reshape' && graph.readers(id) > 1);
  if (stays || sizeOf(shape) === 0) return dense(id, shape);
  const input = node.inputs[0]!;
  return (
    moved(node, layoutOf(graph, input, false), shape) ??
    moved(node, dense(input, graph.spec(input).shape), shape) ??
    dense(id, shape)
  );
}
