import type { OpNode, ValueId } from '@attune/core';
import { headRowsWords, ownHeadRows, readHeadRows, writtenRows, type HeadRows } from './operands.js';
import { defineRule, type RuleGraph, type Step, type StepWriter, type Word } from '../../steps/rule.js';
import { movedFrom } from '../movement/movement-chains.js';

/** Where new tokens stand in a cache: `CachedRows` of `kernels/cached-rows.h`. */
interface Places {
  readonly positions: ValueId;
  readonly rows?: ValueId | undefined;
  readonly count: number;
  readonly tokens: number;
  readonly of: number;
  readonly length: number;
}

function placesOf(graph: RuleGraph, cache: ValueId, positions: ValueId, rows: ValueId | undefined): Places {
  const [of, , length] = graph.spec(cache).shape as [number, number, number];
  const [count, tokens] = graph.spec(positions).shape as [number, number];
  return { positions, rows, count, tokens, of, length };
}

const placesWords = (tape: StepWriter, { positions, rows, count, tokens, of, length }: Places): Word[] => [
  ...[...tape.ref(positions), ...(rows === undefined ? tape.nowhere : tape.ref(rows))],
  ...[count, tokens, of, length],
];

/** Attention over a cache, whose result is written to `out`. */
function cachedStep(graph: RuleGraph, { inputs, attrs }: OpNode, out: HeadRows): Step {
  const [queries, keys, values, positions, rows] = inputs as [ValueId, ValueId, ValueId, ValueId, ValueId?];
  const [q, k, v] = [queries, keys, values].map((id) => readHeadRows(graph, id)) as [
    HeadRows,
    HeadRows,
    HeadRows,
  ];
  const [, heads, , width] = graph.spec(queries).shape as [number, number, number, number];
  const shared = heads / graph.spec(keys).shape[1]!;
  const places = placesOf(graph, keys, positions, rows);
  return {
    inputs: [...new Set([q.value, k.value, v.value, positions, ...(rows === undefined ? [] : [rows])])],
    outputs: [out.value],
    emit: (tape) =>
      tape.call('cached_attention', [
        ...[q, out, k, v].flatMap((from) => headRowsWords(tape, from)),
        ...placesWords(tape, places),
        ...[heads, shared, width, Number(attrs['window']), tape.f32(Number(attrs['scale']))],
      ]),
  };
}

/** Attention over cached keys and values. */
export const cachedAttention = defineRule('cachedAttention', (graph, node) =>
  cachedStep(graph, node, ownHeadRows(graph, node.outputs[0]!)),
);

/** Attention over cached keys and values, written into rows of tokens. */
export const transposedCachedAttention = defineRule('transpose', (graph, node) => {
  const source = movedFrom(graph, node);
  if (source?.op !== 'cachedAttention') return undefined;
  const out = writtenRows(graph, source.outputs[0]!);
  return out.value === node.outputs[0] ? cachedStep(graph, source, out) : undefined;
});

/** A cache after columns are written into it: in the state, where it lies. */
export const cacheWrite = defineRule('cacheWrite', (graph, node) => {
  const [cache, columns, positions, rows] = node.inputs as [ValueId, ValueId, ValueId, ValueId?];
  const [, heads, , width] = graph.spec(cache).shape as [number, number, number, number];
  const from = readHeadRows(graph, columns);
  const places = placesOf(graph, cache, positions, rows);
  return {
    inputs: [...new Set([cache, from.value, positions, ...(rows === undefined ? [] : [rows])])],
    outputs: node.outputs,
    mayOverwrite: (input) => input === 0 && cache !== from.value,
    emit: (tape) =>
      tape.call('cache_write', [
        ...[...tape.ref(cache), ...tape.ref(node.outputs[0]!), ...headRowsWords(tape, from)],
        ...[...placesWords(tape, places), heads, width],
      ]),
  };
});
