import type { OpNode, Shape, ValueId } from '@attune/core';
import type { RuleGraph, StepWriter, Word } from '../steps/rule.js';
import {
  reshapeView,
  sliceView,
  transposeView,
  viewOf,
  wholeView,
  type StridedView,
} from './strided-view.js';

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

/** The view of `[…, T, D]` as batches of heads, or `undefined` if its rows are not contiguous, or too many axes lie apart. */
export function headRowsOf(view: StridedView): HeadRows | undefined {
  const { value, offset, shape } = view;
  const [length, width] = shape.slice(-2) as [number, number];
  const outer = shape.slice(0, -2);
  const heads = outer.at(-1) ?? 1;
  const batches = outer.slice(0, -1).reduce((product, n) => product * n, 1);
  const four = shape.length === 4 ? view : reshapeView(view, [batches, heads, length, width]);
  if (!four || (four.strides[3] !== 1 && width !== 1)) return undefined;
  const [batch, head, row] = four.strides as [number, number, number];
  return { value, offset, batches, heads, length, width, strides: [batch, head, row] };
}

/** An operand, read from where its elements lie: through slices, transposes and reshapes, if it can be. */
export function readHeadRows(graph: RuleGraph, id: ValueId): HeadRows {
  return headRowsOf(viewOf(graph, id)) ?? headRowsOf(wholeView(graph, id))!;
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
    const view = isRepeat && isMerge && from[2] === 1 ? viewOf(graph, broadcast.inputs[0]!) : undefined;
    const own = view && reshapeView(view, [batches, heads, length, width]);
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
  const chain: OpNode[] = [];
  for (let node = graph.soleReader(id); node; node = graph.soleReader(node.outputs[0]!)) {
    if (node.op !== 'transpose' && node.op !== 'reshape') break;
    chain.push(node);
  }
  // What the longest chain that ends in a transpose, and can be written by strides, leads to.
  for (; chain.length > 0; chain.pop()) {
    if (chain.at(-1)!.op === 'reshape') continue;
    const rows = rowsBehind(graph, chain, wholeView(graph, chain.at(-1)!.outputs[0]!));
    if (rows) return rows;
  }
  return headRowsOf(wholeView(graph, id))!;
}

/** The rows of a chain's first input, where they are to be written so that its last output is `target`. */
export function rowsBehind(
  graph: RuleGraph,
  chain: readonly OpNode[],
  target: StridedView,
): HeadRows | undefined {
  let view: StridedView | undefined = target;
  for (const { op, attrs, inputs } of [...chain].reverse()) {
    const { shape } = graph.spec(inputs[0]!);
    if (op === 'pad') view = sliceView(view, attrs['before'] as Shape, shape);
    else if (op === 'transpose') view = transposeView(view, inverse(attrs['perm'] as Shape));
    else view = reshapeView(view, shape);
    if (!view) return undefined;
  }
  return headRowsOf(view);
}

const inverse = (perm: Shape): Shape => perm.map((_, axis) => perm.indexOf(axis));

/** The five words of a `HeadRows`. */
export function headRowsWords(tape: StepWriter, { value, offset, strides }: HeadRows): readonly Word[] {
  return [...tape.ref(value, offset), ...strides];
}
