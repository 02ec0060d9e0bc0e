import { sizeOf, type OpNode, type Shape, type ValueId } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { axisStrides, broadcast, dense, reshaped, sliced, transposed, type Layout } from './layout.js';

const movements = ['transpose', 'slice', 'broadcastTo', 'reshape'] as const;

/** The layout of the result of an op that moves elements, from that of its input. */
function moved({ op, attrs }: OpNode, input: Layout, shape: Shape): Layout | undefined {
  const list = (name: string) => attrs[name] as Shape;
  if (op === 'transpose') return transposed(input, list('perm'));
  if (op === 'slice') return sliced(input, list('starts'), list('sizes'));
  if (op === 'broadcastTo') return broadcast(input, shape);
  return reshaped(input, shape);
}

/** How far back {@link layoutOf} goes. */
interface Reach {
  /** True for a movement that it does not go behind. */
  stopsAt(node: OpNode): boolean;
  /** True for a layout that the reader can read by. */
  accepts(layout: Layout): boolean;
}

function layoutWithin(graph: RuleGraph, id: ValueId, reach: Reach): Layout {
  const { shape } = graph.spec(id);
  const node = graph.producedBy(id, ...movements);
  if (node === undefined || reach.stopsAt(node) || sizeOf(shape) === 0) return dense(graph, id);
  const input = node.inputs[0]!;
  const candidates = [() => layoutWithin(graph, input, reach), () => dense(graph, input)];
  for (const candidate of candidates) {
    const layout = moved(node, candidate(), shape);
    if (layout && reach.accepts(layout)) return layout;
  }
  return dense(graph, id);
}

/**
 * Where the elements of a movement's result lie if the ops that only move them, back to the first that computes something, are
 * left out. A value without elements lies in its own memory.
 */
export function layoutBehind(graph: RuleGraph, result: ValueId): Layout {
  return layoutWithin(graph, result, {
    stopsAt: (node) => node.outputs[0] !== result && isKept(graph, node),
    accepts: () => true,
  });
}

/** Where the elements of an operand lie. A transpose that others read as well is taken as it is. */
export function layoutOf(graph: RuleGraph, operand: ValueId): Layout {
  return layoutWithin(graph, operand, { stopsAt: (node) => isKept(graph, node), accepts: () => true });
}

/** Where the elements of an operand lie, each of its axes at one stride: through transposes that others read, too. */
export function stridedLayoutOf(graph: RuleGraph, operand: ValueId): Layout {
  return layoutWithin(graph, operand, {
    stopsAt: (node) => node.op === 'broadcastTo' || isWrittenMoved(graph, node),
    accepts: (layout) => axisStrides(layout) !== undefined,
  });
}

/** True for a movement that others read as well: they need it in memory, and it reads better from there. */
const isKept = (graph: RuleGraph, node: OpNode) =>
  node.op !== 'reshape' && (graph.readers(node.outputs[0]!) > 1 || isWrittenMoved(graph, node));

/**
 * True for a transposed gradient of attention, or of its keys and values summed over heads. The step for `attentionGrad` writes
 * all three gradients, each where it is transposed to: what lies before the transpose is not in memory.
 */
function isWrittenMoved(graph: RuleGraph, node: OpNode): boolean {
  if (node.op !== 'transpose') return false;
  const source = movedFrom(graph, node);
  const summed = source?.op === 'sum' ? movedFrom(graph, source) : source;
  return summed?.op === 'attentionGrad';
}

/** The op whose result reaches a node through transposes and reshapes that alone read it. */
export function movedFrom(graph: RuleGraph, node: OpNode): OpNode | undefined {
  for (let id = node.inputs[0]!; graph.readers(id) === 1;) {
    const source = graph.producer(id);
    if (source.kind !== 'op') return undefined;
    if (source.op !== 'transpose' && source.op !== 'reshape') return source;
    id = source.inputs[0]!;
  }
  return undefined;
}

/**
 * The nodes that a value goes through, each the sole reader of the one before, as long as they transpose and reshape; a pad
 * ends them, and is the last.
 */
export function readingChain(graph: RuleGraph, id: ValueId): OpNode[] {
  const chain: OpNode[] = [];
  for (let node = graph.soleReader(id); node; node = graph.soleReader(node.outputs[0]!)) {
    if (node.op !== 'transpose' && node.op !== 'reshape' && node.op !== 'pad') break;
    chain.push(node);
    if (node.op === 'pad') break;
  }
  return chain;
}

const inverse = (perm: Shape): Shape => perm.map((_, axis) => perm.indexOf(axis));

/** Where the first input of a chain has to be written, so that its last output comes to lie as `target`. */
export function layoutBefore(graph: RuleGraph, chain: readonly OpNode[], target: Layout): Layout | undefined {
  let layout: Layout | undefined = target;
  for (const { op, attrs, inputs } of [...chain].reverse()) {
    if (!layout) return undefined;
    const { shape } = graph.spec(inputs[0]!);
    if (op === 'pad') layout = sliced(layout, attrs['before'] as Shape, shape);
    else if (op === 'transpose') layout = transposed(layout, inverse(attrs['perm'] as Shape));
    else layout = reshaped(layout, shape);
  }
  return layout;
}
