import { sizeOf, stridesOf, type Shape, type ValueId } from '@attune/core';
import type { RuleGraph } from '../steps/rule.js';

/** A tensor as it lies in the memory of a value: element `i` at `offset + Σ iₐ · stridesₐ`, in elements. */
export interface StridedView {
  readonly value: ValueId;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** A value as it lies in its own memory: row-major. */
export function wholeView(graph: RuleGraph, value: ValueId): StridedView {
  const { shape } = graph.spec(value);
  return { value, offset: 0, shape, strides: stridesOf(shape) };
}

/** The box of `sizes` elements that begins at `starts`. */
export function sliceView(view: StridedView, starts: Shape, sizes: Shape): StridedView {
  const offset = starts.reduce((sum, start, axis) => sum + start * view.strides[axis]!, view.offset);
  return { ...view, offset, shape: sizes };
}

/** Axis i of the result is axis `perm[i]` of the view. */
export function transposeView(view: StridedView, perm: Shape): StridedView {
  return {
    ...view,
    shape: perm.map((axis) => view.shape[axis]!),
    strides: perm.map((axis) => view.strides[axis]!),
  };
}

/** The same elements under another shape, or `undefined` where strides do not express it. */
export function reshapeView(view: StridedView, shape: Shape): StridedView | undefined {
  if (sizeOf(shape) === 0) return { ...view, shape, strides: stridesOf(shape) };
  // Axes of length 1 have no say. The others are matched from the right, in groups of equal size that lie without gaps.
  const axes = view.shape.flatMap((length, axis) => (length === 1 ? [] : [axis]));
  const strides = shape.map(() => 0);
  let axis = shape.length - 1;
  for (let last = axes.length - 1; last >= 0; last--) {
    let size = view.shape[axes[last]!]!;
    const stride = view.strides[axes[last]!]!;
    let done = 1;
    while (done < size || (axis >= 0 && shape[axis] === 1)) {
      if (axis < 0) return undefined;
      strides[axis] = stride * done;
      done *= shape[axis]!;
      axis--;
      while (done > size) {
        // The new axis reaches over the old one: the next must lie right before it.
        if (last === 0) return undefined;
        last--;
        if (view.strides[axes[last]!] !== stride * size) return undefined;
        size *= view.shape[axes[last]!]!;
      }
    }
    if (done !== size) return undefined;
  }
  return { ...view, shape, strides };
}

/** Where the elements of a value lie, seen through the slices, transposes and reshapes that it is made by. */
export function viewOf(graph: RuleGraph, id: ValueId): StridedView {
  const whole = wholeView(graph, id);
  const node = graph.producedBy(id, 'slice', 'transpose', 'reshape');
  if (!node) return whole;
  const from = viewOf(graph, node.inputs[0]!);
  const { attrs } = node;
  if (node.op === 'slice') return sliceView(from, attrs['starts'] as Shape, attrs['sizes'] as Shape);
  if (node.op === 'transpose') return transposeView(from, attrs['perm'] as Shape);
  return reshapeView(from, whole.shape) ?? whole;
}
