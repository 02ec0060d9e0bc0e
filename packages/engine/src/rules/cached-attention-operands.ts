import { MASKED_SCORE, type OpName, type OpNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../steps/rule.js';

/** Columns that a query sees: those up to its position, or the last `window` of them. */
export interface SeenColumns {
  /** `i32[B, T]`, maybe under another shape. */
  readonly positions: ValueId;
  readonly window?: number;
}

/** Attention that is written in its parts, as over a cache of keys and values. */
export interface CachedAttention {
  /** `f32[B, H, T, D]`, maybe under another shape. */
  readonly q: ValueId;
  /** `f32[B, Hkv, S, D]`. */
  readonly keys: ValueId;
  readonly values: ValueId;
  readonly scale: number;
  readonly seen: SeenColumns;
  readonly batches: number;
  readonly heads: number;
  /** Heads of queries that share one of keys and values. */
  readonly shared: number;
  /** T, S and D. */
  readonly tokens: number;
  readonly columns: number;
  readonly width: number;
}

/** A value without the reshapes on it. */
function peel(graph: RuleGraph, id: ValueId): ValueId {
  const reshape = graph.producedBy(id, 'reshape');
  return reshape ? peel(graph, reshape.inputs[0]!) : id;
}

/** The two inputs of a node in an order that a test accepts. */
function ordered(
  { inputs }: OpNode,
  accepts: (first: ValueId, second: ValueId) => boolean,
): readonly [ValueId, ValueId] | undefined {
  const [a, b] = inputs as [ValueId, ValueId];
  if (accepts(a, b)) return [a, b];
  return accepts(b, a) ? [b, a] : undefined;
}

/** True if a value counts along one of its axes, and has length 1 along the others. */
export function countsAlong(graph: RuleGraph, id: ValueId, axis: number, length: number): boolean {
  const { shape } = graph.spec(id);
  const node = graph.producedBy(id, 'iota');
  return node?.attrs['axis'] === axis && shape.every((n, index) => n === (index === axis ? length : 1));
}

/** The positions that a condition `column ≤ position` compares with, `i32[B, 1, T, 1]`. */
function upTo(graph: RuleGraph, condition: OpNode | undefined, columns: number): ValueId | undefined {
  if (condition?.op !== 'lessEqual') return undefined;
  const [column, position] = condition.inputs as [ValueId, ValueId];
  const { shape } = graph.spec(position);
  const isOfRows = shape.length === 4 && shape[1] === 1 && shape[3] === 1;
  return isOfRows && countsAlong(graph, column, 3, columns) ? position : undefined;
}

/** The window of a condition `position − window < column`. */
function windowOf(graph: RuleGraph, condition: OpNode | undefined, position: ValueId, columns: number) {
  if (condition?.op !== 'less') return undefined;
  const [first, column] = condition.inputs as [ValueId, ValueId];
  const sub = graph.producedBy(first, 'sub');
  if (!sub || !countsAlong(graph, column, 3, columns)) return undefined;
  const isOfPosition = graph.viewed(sub.inputs[0]!) === graph.viewed(position);
  return isOfPosition ? graph.constant(sub.inputs[1]!) : undefined;
}

/** The columns that a mask `bool[B, 1, T, S]` shows, if they go by positions. */
function seenColumns(graph: RuleGraph, visible: ValueId, columns: number): SeenColumns | undefined {
  const node = graph.producedBy(visible, 'lessEqual', 'logicalAnd');
  if (node?.op === 'lessEqual') {
    const positions = upTo(graph, node, columns);
    return positions === undefined ? undefined : { positions };
  }
  const [before, near] = node?.inputs.map((id) => graph.producedBy(id, 'lessEqual', 'less')) ?? [];
  const positions = upTo(graph, before, columns);
  const window = positions === undefined ? undefined : windowOf(graph, near, positions, columns);
  return window === undefined || window < 1 ? undefined : { positions: positions!, window };
}

/** Matches `matmul(softmax(select(visible, scale · q · keysᵀ, MASKED_SCORE)), values)`, with reshapes in between. */
export function cachedAttentionOf(graph: RuleGraph, node: OpNode): CachedAttention | undefined {
  const through = (id: ValueId | undefined, op: OpName): OpNode | undefined => {
    if (id === undefined) return undefined;
    const inner = peel(graph, id);
    return graph.readers(inner) === 1 ? graph.producedBy(inner, op) : undefined;
  };
  if (node.op !== 'matmul' || node.attrs['transposeA'] === true || node.attrs['transposeB'] === true)
    return undefined;
  const softmax = through(node.inputs[0], 'softmax');
  const masked = through(softmax?.inputs[0], 'select');
  if (!masked || graph.constant(masked.inputs[2]!) !== MASKED_SCORE) return undefined;
  const scaled = through(masked.inputs[1], 'mul');
  const factors = scaled && ordered(scaled, (_, factor) => graph.constant(factor) !== undefined);
  const product = factors && through(factors[0], 'matmul');
  if (!product || product.attrs['transposeA'] === true || product.attrs['transposeB'] !== true)
    return undefined;

  const weights = graph.spec(softmax!.outputs[0]!).shape;
  const [keys, values] = [product.inputs[1]!, node.inputs[1]!];
  const [kept, keptValues] = [keys, values].map((id) => graph.spec(id).shape) as [number[], number[]];
  if (weights.length !== 4 || kept.length !== 4 || String(kept) !== String(keptValues)) return undefined;
  const [batches, heads, tokens, columns] = weights as [number, number, number, number];
  const [, own, , width] = kept as [number, number, number, number];
  const q = peel(graph, product.inputs[0]!);
  const isWhole = kept[0] === batches && kept[2] === columns && heads % own === 0;
  const seen = seenColumns(graph, masked.inputs[0]!, columns);
  if (!isWhole || !seen) return undefined;
  if (graph.spec(seen.positions).shape[0] !== batches || graph.spec(seen.positions).shape[2] !== tokens)
    return undefined;
  const scale = graph.constant(factors[1])!;
  return { q, keys, values, scale, seen, batches, heads, shared: heads / own, tokens, columns, width };
}
