import type { ValueId } from '@attune/core';
import type { RuleGraph, StepWriter, Word } from '../../steps/rule.js';
import { axisStrides, dense, reshaped, shapeOf, type Layout } from '../movement/layout.js';
import { layoutBefore, readingChain, stridedLayoutOf } from '../movement/movement-chains.js';

/** A tensor `[batches, heads, length, width]` with contiguous rows, as `HeadRows` of `kernels/attention.h` have it. */
export interface HeadRows {
  readonly value: ValueId;
  readonly offset: number;
  readonly batches: number;
  readonly heads: number;
  readonly length: number;
  readonly width: number;
  /** From one batch, head and row to the next. */
  readonly strides: readonly [number, number, number];
}

/** The layout of `[…, T, D]` as batches of heads, or `undefined` if its rows are not contiguous, or too many axes lie apart. */
export function headRowsOf(layout: Layout): HeadRows | undefined {
  const { value, offset } = layout;
  const shape = shapeOf(layout);
  const [length, width] = shape.slice(-2) as [number, number];
  const outer = shape.slice(0, -2);
  const heads = outer.at(-1) ?? 1;
  const batches = outer.slice(0, -1).reduce((product, n) => product * n, 1);
  const four = reshaped(layout, [batches, heads, length, width]);
  const strides = four && axisStrides(four);
  if (!strides || (strides[3] !== 1 && width !== 1)) return undefined;
  const [batch, head, row] = strides as [number, number, number];
  return { value, offset, batches, heads, length, width, strides: [batch, head, row] };
}

/** A value in its own memory. */
export const ownHeadRows = (graph: RuleGraph, id: ValueId): HeadRows => headRowsOf(dense(graph, id))!;

/** An operand, read from where its elements lie: through slices, transposes and reshapes, if it can be. */
export function readHeadRows(graph: RuleGraph, id: ValueId): HeadRows {
  return headRowsOf(stridedLayoutOf(graph, id)) ?? ownHeadRows(graph, id);
}

/** Keys or values, with the number of heads of queries that share one of them. */
export interface SharedHeads {
  readonly rows: HeadRows;
  readonly shared: number;
}

/** Keys or values, read from before heads are repeated: `[B, Hkv, 1, T, D] → [B, Hkv, n, T, D] → [B, H, T, D]`. */
export function readSharedHeads(graph: RuleGraph, id: ValueId): SharedHeads {
  const repeated = graph.producedBy(id, 'reshape');
  const broadcast = repeated && graph.producedBy(repeated.inputs[0]!, 'broadcastTo');
  if (broadcast) {
    const to = graph.spec(broadcast.outputs[0]!).shape;
    const from = graph.spec(broadcast.inputs[0]!).shape;
    const isRepeat =
      to.length === 5 && from.length === 5 && from.every((n, axis) => axis === 2 || n === to[axis]);
    const isMerge = repeated.outputs.every((output) => {
      const { shape } = graph.spec(output);
      return shape.length === 4 && shape[0] === to[0] && shape[1] === to[1]! * to[2]! && shape[2] === to[3];
    });
    const [batches, heads, , length, width] = from as [number, number, number, number, number];
    const layout =
      isRepeat && isMerge && from[2] === 1 ? stridedLayoutOf(graph, broadcast.inputs[0]!) : undefined;
    const own = layout && reshaped(layout, [batches, heads, length, width]);
    const rows = own && headRowsOf(own);
    if (rows) return { rows, shared: to[2]! };
  }
  return { rows: readHeadRows(graph, id), shared: 1 };
}

/**
 * Where a result `[…, T, D]` is to be written: into its transpose, if that is all that becomes of it, else into itself. A
 * transpose of the transpose, through reshapes, is followed as well.
 */
export function writtenRows(graph: RuleGraph, id: ValueId): HeadRows {
  // What the longest chain that ends in a transpose, and can be written by strides, leads to.
  for (const chain = readingChain(graph, id); chain.length > 0; chain.pop()) {
    const last = chain.at(-1)!;
    if (last.op !== 'transpose') continue;
    const layout = layoutBefore(graph, chain, dense(graph, last.outputs[0]!));
    const rows = layout && headRowsOf(layout);
    if (rows) return rows;
  }
  return ownHeadRows(graph, id);
}

/** The five words of a `HeadRows`. */
export function headRowsWords(tape: StepWriter, { value, offset, strides }: HeadRows): readonly Word[] {
  return [...tape.ref(value, offset), ...strides];
}
