import { isView, sizeOf, type OpName, type OpNode, type ProgramNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { chainOpOf, isCheap } from './ops.js';

/** Ops whose own rules add to their result what is added here: a sum with them is left to those rules. */
const adders: readonly OpName[] = ['matmul', 'pad', 'scatterAdd'];

/** The node that computes a value, through views. */
export function computedBy(graph: RuleGraph, id: ValueId): OpNode | undefined {
  const node = graph.producer(graph.viewed(id));
  return node.kind === 'op' ? node : undefined;
}

/** True for a value that repeats a smaller one, or is the same number everywhere: it is read as that. */
const isRepeated = (graph: RuleGraph, id: ValueId): boolean =>
  graph.constant(id) !== undefined || computedBy(graph, id)?.op === 'broadcastTo';

/** True for an `add` with a sum or a product that the rules of other ops compute together with it. */
function isLeftAlone(graph: RuleGraph, node: OpNode): boolean {
  if (node.op !== 'add') return false;
  return node.inputs.some((id) => {
    const operand = computedBy(graph, id);
    const isBiased =
      operand?.op === 'add' && operand.inputs.some((of) => computedBy(graph, of)?.op === 'matmul');
    return isBiased || (operand !== undefined && adders.includes(operand.op));
  });
}

/** True for a node that takes along what leads up to it. */
function isChained(graph: RuleGraph, node: OpNode): boolean {
  if (node.op === 'sum') return sizeOf(graph.spec(node.outputs[0]!).shape) === 1;
  return node.op === 'adamW' || chainOpOf(graph, node) !== undefined;
}

/** Nodes that one chain computes. */
export interface ChainRegion {
  has(node: OpNode): boolean;
}

/**
 * The nodes that lead up to `root` and are computed with it, element by element: those that nobody else reads, and copies
 * of cheap ones that others read as well, where that reads no more memory than their result.
 *
 * @param size elements of the tensors that the chain runs through.
 * @param operands the values of `root` that may be computed with it.
 * @param limit how many nodes it takes along at most.
 */
export function chainRegion(
  graph: RuleGraph,
  root: OpNode,
  operands: readonly ValueId[],
  size: number,
  limit: number,
): ChainRegion {
  const own = new Set<ProgramNode>([root]);
  const copied = new Set<ProgramNode>();
  const pending = new Set<OpNode>();
  const hasSize = (id: ValueId) => sizeOf(graph.spec(id).shape) === size;
  /** Full-size operands, each once, that are no repetition of something smaller. */
  const fullOperands = (ids: readonly ValueId[]) =>
    [...new Set(ids)].filter((id) => hasSize(id) && !isRepeated(graph, id));
  const note = (ids: readonly ValueId[]) => {
    for (const id of fullOperands(ids)) {
      const node = graph.producer(id);
      if (node.kind === 'op' && !own.has(node) && !copied.has(node)) pending.add(node);
    }
  };
  /** True if all that is read of a node is read in the region. */
  const isOwn = ({ outputs }: OpNode) =>
    outputs.every((id) => !graph.isResult(id) && graph.readingNodes(id).every((reader) => own.has(reader)));
  const mayCopy = (node: OpNode): boolean =>
    isCheap(node.op) &&
    copied.size < 8 &&
    fullOperands(node.inputs).length <= 1 &&
    !graph.isResult(node.outputs[0]!) &&
    // Whoever needs it in memory has it there, and it might as well be read.
    graph.readingNodes(node.outputs[0]!).every((reader) => isChained(graph, reader));
  note(operands);
  while (pending.size > 0 && own.size + copied.size <= limit) {
    // The last one first: whether its readers belong here is known by then.
    const node = [...pending].reduce((a, b) => (graph.position(a) > graph.position(b) ? a : b));
    pending.delete(node);
    if (isView(node)) {
      if (isOwn(node)) own.add(node);
      note(node.inputs.slice(0, 1));
      continue;
    }
    if (chainOpOf(graph, node) === undefined || isLeftAlone(graph, node)) continue;
    if (isOwn(node)) own.add(node);
    else if (mayCopy(node)) copied.add(node);
    else continue;
    note(node.inputs);
  }
  return { has: (node) => node !== root && (own.has(node) || copied.has(node)) };
}
