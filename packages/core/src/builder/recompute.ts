import type { Segment } from '../graph/graph.js';
import type { GraphNode, Tensor } from '../graph/tensor.js';
import type { GraphBuilder } from './builder.js';

/** A part of the forward pass that was written again. */
export interface Recomputation {
  /** The new nodes, in order, beside the old ones that they stand for. */
  readonly nodes: readonly { readonly original: GraphNode; readonly copy: GraphNode }[];
  /** New tensors by the old ones they stand for. */
  readonly copies: ReadonlyMap<Tensor, Tensor>;
  /** The inputs of the segment from outside, behind barriers. */
  readonly inputs: ReadonlyMap<Tensor, Tensor>;
}

/** Ops whose results need not be computed again: they are there, or cost nothing. */
const AT_HAND: readonly string[] = ['constant', 'iota', 'barrier'];
/** True if what is computed again may use a node as it is: what depends on nothing else is the same, and kept. */
const isUnguarded = (node: GraphNode) =>
  node.kind === 'state' || (node.kind === 'op' && AT_HAND.includes(node.op));

/**
 * Writes the nodes of a segment again, such that they are computed when `after` is there and not before. What depends on
 * nothing from outside but parameters and feeds is the same as before, and is not computed twice.
 */
export function recompute(g: GraphBuilder, { start, end }: Segment, after: Tensor): Recomputation {
  const copies = new Map<Tensor, Tensor>();
  const inputs = new Map<Tensor, Tensor>();
  const copyOf = (tensor: Tensor): Tensor => {
    const known = copies.get(tensor) ?? inputs.get(tensor);
    if (known) return known;
    if (tensor.node.id >= start || isUnguarded(tensor.node) || tensor.dtype !== 'f32') return tensor;
    const [behind] = g.applyAll('barrier', [tensor, after]);
    inputs.set(tensor, behind!);
    return behind!;
  };
  const nodes = g.nodes.slice(start, end).flatMap((original) => {
    if (original.kind !== 'op' || AT_HAND.includes(original.op)) return [];
    const outputs = g.applyAll(original.op, original.inputs.map(copyOf), original.attrs);
    original.outputs.forEach((tensor, i) => copies.set(tensor, outputs[i]!));
    return [{ original, copy: outputs[0]!.node }];
  });
  return { nodes, copies, inputs };
}
