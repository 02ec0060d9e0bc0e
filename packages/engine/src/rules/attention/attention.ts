import type { OpNode, ValueId } from '@attune/core';
import {
  headRowsWords,
  ownHeadRows,
  readHeadRows,
  readSharedHeads,
  writtenRows,
  type HeadRows,
  type SharedHeads,
} from './operands.js';
import { defineRule, type RuleGraph, type Step } from '../../steps/rule.js';
import { movedFrom } from '../movement/movement-chains.js';

/** Rows that are longer than this do not fit into the scratch of `kernels/attention.c`. */
export const WIDEST_HEAD = 1024;

/** Attention, written to `out`. */
function attentionStep(graph: RuleGraph, node: OpNode, out: HeadRows): Step | undefined {
  const [q, k, v] = node.inputs as [ValueId, ValueId, ValueId];
  const queries = readHeadRows(graph, q);
  const [keys, values] = sharedAlike(graph, k, v);
  const { batches, heads, length, width } = queries;
  if (width > WIDEST_HEAD) return undefined;
  const { causal, scale } = node.attrs;
  return {
    inputs: [...new Set([queries.value, keys.rows.value, values.rows.value])],
    outputs: [out.value],
    emit: (tape) =>
      tape.call('attention', [
        ...[queries, keys.rows, values.rows, out].flatMap((rows) => headRowsWords(tape, rows)),
        ...[batches, heads, keys.shared, length, width, Number(causal), tape.f32(Number(scale))],
      ]),
  };
}

/** Keys and values: both before heads are repeated, or both after it. */
export function sharedAlike(graph: RuleGraph, k: ValueId, v: ValueId): readonly [SharedHeads, SharedHeads] {
  const [keys, values] = [readSharedHeads(graph, k), readSharedHeads(graph, v)];
  if (keys.shared === values.shared) return [keys, values];
  return [
    { rows: readHeadRows(graph, k), shared: 1 },
    { rows: readHeadRows(graph, v), shared: 1 },
  ];
}

/** Attention of heads that are read from where projections wrote them: the kernel `attention`. */
export const attention = defineRule('attention', (graph, node) =>
  attentionStep(graph, node, ownHeadRows(graph, node.outputs[0]!)),
);

/** Attention whose heads go back, side by side, into rows of tokens: written there at once. */
export const transposedAttention = defineRule('transpose', (graph, node) => {
  const source = movedFrom(graph, node);
  if (source?.op !== 'attention') return undefined;
  const out = writtenRows(graph, source.outputs[0]!);
  return out.value === node.outputs[0] ? attentionStep(graph, source, out) : undefined;
});
