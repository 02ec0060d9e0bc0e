import type { OpNode, ValueId } from '@attune/core';
import { headRowsOf, headRowsWords, ownHeadRows, readHeadRows, type HeadRows } from './attention-operands.js';
import { WIDEST_HEAD } from './attention.js';
import { cachedAttentionOf, countsAlong, type CachedAttention } from './cached-attention-operands.js';
import { defineRule, type RuleGraph, type Step } from '../steps/rule.js';
import { dense, reshaped, type Layout } from './layout.js';
import { movedFrom, stridedLayoutOf } from './movement-chains.js';

/** True if positions are 0, 1, 2, … in each row. */
function isFromStart(graph: RuleGraph, positions: ValueId): boolean {
  const { attrs } = graph.producedBy(graph.viewed(positions), 'iota') ?? {};
  const { shape } = graph.spec(graph.viewed(positions));
  return attrs?.['axis'] === 1 && shape.length === 2;
}

/** Attention over a cache, whose result is written by these strides. */
function cachedStep(graph: RuleGraph, parts: CachedAttention, out: HeadRows): Step | undefined {
  const { seen, batches, heads, shared, tokens, columns, width } = parts;
  const queries = [batches, heads, tokens, width];
  const asQueries = (layout: Layout) => {
    const own = reshaped(layout, queries);
    return own && headRowsOf(own);
  };
  const q = asQueries(stridedLayoutOf(graph, parts.q)) ?? asQueries(dense(graph, parts.q))!;
  const [k, v] = [readHeadRows(graph, parts.keys), readHeadRows(graph, parts.values)];
  if (width > WIDEST_HEAD) return undefined;
  // Prompts are read from their start: that is plain causal attention.
  if (tokens === columns && seen.window === undefined && isFromStart(graph, seen.positions)) {
    return {
      inputs: [...new Set([q.value, k.value, v.value])],
      outputs: [out.value],
      emit: (tape) =>
        tape.call('attention', [
          ...[q, k, v, out].flatMap((rows) => headRowsWords(tape, rows)),
          ...[batches, heads, shared, tokens, width, 1, tape.f32(parts.scale)],
        ]),
    };
  }
  if (tokens !== 1) return undefined;
  return {
    inputs: [...new Set([q.value, k.value, v.value, seen.positions])],
    outputs: [out.value],
    emit: (tape) =>
      tape.call('attention_decode', [
        ...[q, out, k, v].flatMap((rows) => headRowsWords(tape, rows)),
        ...tape.ref(seen.positions),
        ...[batches, heads, shared, columns, width, seen.window ?? 0, tape.f32(parts.scale)],
      ]),
  };
}

/** Attention over cached keys and values. */
export const cachedAttention = defineRule('matmul', (graph, node) => {
  const parts = cachedAttentionOf(graph, node);
  if (!parts) return undefined;
  const { heads, tokens, width } = parts;
  const rows = ownHeadRows(graph, node.outputs[0]!);
  return cachedStep(graph, parts, { ...rows, strides: [heads * tokens * width, tokens * width, width] });
});

/** Attention over cached keys and values, written into rows of tokens. */
export const transposedCachedAttention = defineRule('transpose', (graph, node) => {
  const source = movedFrom(graph, node);
  const parts = source && cachedAttentionOf(graph, source);
  if (!parts || !isIntoTokens(graph, node, parts)) return undefined;
  const { heads, tokens, width } = parts;
  const rows = ownHeadRows(graph, node.outputs[0]!);
  return cachedStep(graph, parts, { ...rows, strides: [tokens * heads * width, width, heads * width] });
});

/** True for a transpose `[B, H, T, D] → [B, T, H, D]`. */
function isIntoTokens(graph: RuleGraph, { attrs, inputs }: OpNode, parts: CachedAttention): boolean {
  const shape = [parts.batches, parts.heads, parts.tokens, parts.width];
  return String(attrs['perm']) === '0,2,1,3' && String(graph.spec(inputs[0]!).shape) === String(shape);
}

/**
 * A cache after the columns at its rows' positions are replaced: `select(column = position, columns, cache)`. In the state it
 * is written in place.
 */
export const cacheWrite = defineRule('select', (graph, node) => {
  const [condition, columns, cache] = node.inputs as [ValueId, ValueId, ValueId];
  const { shape } = graph.spec(node.outputs[0]!);
  const equal = graph.producedBy(condition, 'equal');
  if (!equal || shape.length !== 4 || String(graph.spec(cache).shape) !== String(shape)) return undefined;
  const [batches, heads, length, width] = shape as [number, number, number, number];
  const [counted, positions] = equal.inputs as [ValueId, ValueId];
  const isAtPositions =
    countsAlong(graph, counted, 2, length) && String(graph.spec(positions).shape) === `${batches},1,1,1`;
  const isColumn = String(graph.spec(columns).shape) === `${batches},${heads},1,${width}`;
  if (!isAtPositions || !isColumn || graph.spec(cache).dtype !== 'f32') return undefined;
  const rows = readHeadRows(graph, columns);
  const inputs = [...new Set([cache, rows.value, positions])];
  return {
    inputs,
    outputs: node.outputs,
    mayOverwrite: (input) => input === 0 && cache !== rows.value,
    emit: (tape) =>
      tape.call('cache_write', [
        ...[...tape.ref(cache), ...tape.ref(node.outputs[0]!), ...headRowsWords(tape, rows)],
        ...[...tape.ref(positions), batches, heads, length, width],
      ]),
  };
});
