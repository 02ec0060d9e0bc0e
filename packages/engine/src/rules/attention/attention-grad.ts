import { sizeOf, type OpNode, type Shape, type ValueId } from '@attune/core';
import {
  headRowsOf,
  headRowsWords,
  ownHeadRows,
  readHeadRows,
  writtenRows,
  type HeadRows,
} from './operands.js';
import { sharedAlike, WIDEST_HEAD } from './attention.js';
import { defineRule, type RuleGraph, type Step } from '../../steps/rule.js';
import { areDisjoint, volume } from '../movement/boxes.js';
import { dense, shapeOf } from '../movement/layout.js';
import { layoutBefore, movedFrom, readingChain } from '../movement/movement-chains.js';

/** Where the gradients of q, k and v are written. */
interface Targets {
  readonly rows: readonly [HeadRows, HeadRows, HeadRows];
  /** True if those of k and v are sums over the heads that share them. */
  readonly isSummed: boolean;
}

/** The nodes from a gradient to a pad, by which it becomes a part of a larger tensor. */
function chainToPad(graph: RuleGraph, id: ValueId): OpNode[] | undefined {
  const chain = readingChain(graph, id);
  return chain.at(-1)?.op === 'pad' ? chain : undefined;
}

/** The ops at the leaves of a tree of sums, in which each is read by the tree alone. */
function addends(graph: RuleGraph, node: OpNode): (OpNode | undefined)[] {
  return node.inputs.flatMap((id) => {
    const from = graph.readers(id) === 1 ? graph.producer(id) : undefined;
    if (from?.kind !== 'op') return [undefined];
    return from.op === 'add' ? addends(graph, from) : [from];
  });
}

/** The parts of one tensor that all gradients are padded to and summed up in, as of a joint projection. */
function jointTargets(graph: RuleGraph, grad: OpNode): Targets | undefined {
  const chains = grad.outputs.map((id) => chainToPad(graph, id));
  if (!chains.every((chain) => chain !== undefined)) return undefined;
  const pads = chains.map((chain) => chain.at(-1)!);
  let sum = graph.soleReader(pads[0]!.outputs[0]!);
  while (sum?.op === 'add') {
    const leaves = addends(graph, sum);
    if (leaves.some((leaf) => !leaf || !pads.includes(leaf))) return undefined;
    if (leaves.length === pads.length) break;
    sum = graph.soleReader(sum.outputs[0]!);
  }
  if (sum?.op !== 'add') return undefined;
  const whole = dense(graph, sum.outputs[0]!);
  const boxes = pads.map(({ attrs, inputs }) => ({
    starts: attrs['before'] as Shape,
    sizes: graph.spec(inputs[0]!).shape,
  }));
  if (!areDisjoint(boxes) || volume(boxes) !== sizeOf(shapeOf(whole))) return undefined;
  const rows = chains.map((chain) => {
    const layout = layoutBefore(graph, chain, whole);
    return layout && headRowsOf(layout);
  });
  return rows.every((part) => part !== undefined)
    ? { rows: rows as unknown as Targets['rows'], isSummed: false }
    : undefined;
}

/** The sum over heads that share keys or values: `[B, H, T, D] → [B, Hkv, n, T, D] → [B, Hkv, T, D]`. */
function sumOfShared(graph: RuleGraph, id: ValueId, shared: number): ValueId | undefined {
  const apart = graph.soleReader(id);
  const sum = apart?.op === 'reshape' ? graph.soleReader(apart.outputs[0]!) : undefined;
  if (sum?.op !== 'sum' || String(sum.attrs['axes']) !== '2' || sum.attrs['keepDims'] === true)
    return undefined;
  const [from, to] = [graph.spec(id).shape, graph.spec(apart!.outputs[0]!).shape];
  const isSplit = to.length === 5 && to[2] === shared && to[0] === from[0] && to[3] === from[2];
  return isSplit ? sum.outputs[0]! : undefined;
}

/** Each gradient on its own: transposed, or summed over heads, if that is all that becomes of it. */
function separateTargets(graph: RuleGraph, { outputs: [dq, dk, dv] }: OpNode, shared: number): Targets {
  const sums = shared > 1 ? [dk!, dv!].map((id) => sumOfShared(graph, id, shared)) : [];
  // Of a single head, transposes and sums lie as it does: their readers look through them, at the gradient itself.
  const hasOneHead = sums.some((id) => id !== undefined && graph.spec(id).shape[1] === 1);
  const isSummed = !hasOneHead && sums.length > 0 && sums.every((id) => id !== undefined);
  const [keys, values] = isSummed ? (sums as [ValueId, ValueId]) : [dk!, dv!];
  const [q, k, v] = [
    writtenRows(graph, dq!),
    ...[keys, values].map((id) => (hasOneHead ? ownHeadRows(graph, id) : writtenRows(graph, id))),
  ] as [HeadRows, HeadRows, HeadRows];
  return { rows: [q, k, v], isSummed };
}

/** The gradient of attention, each part written to where it is used: the same step, wherever it is found from. */
function attentionGradStep(graph: RuleGraph, grad: OpNode): Step | undefined {
  return graph.sharedStep(grad, () => buildStep(graph, grad));
}

function buildStep(graph: RuleGraph, grad: OpNode): Step | undefined {
  const [q, k, v, dOut] = grad.inputs as [ValueId, ValueId, ValueId, ValueId];
  const [queries, dResult] = [readHeadRows(graph, q), readHeadRows(graph, dOut)];
  const [keys, values] = sharedAlike(graph, k, v);
  const { batches, heads, length, width } = queries;
  if (width > WIDEST_HEAD) return undefined;
  const { rows, isSummed } = jointTargets(graph, grad) ?? separateTargets(graph, grad, keys.shared);
  const read = [queries, keys.rows, values.rows, dResult];
  const { causal, scale } = grad.attrs;
  return {
    at: grad,
    inputs: [...new Set(read.map(({ value }) => value))],
    outputs: [...new Set(rows.map(({ value }) => value))],
    emit: (tape) =>
      tape.call('attention_grad', [
        ...[...read, ...rows].flatMap((operand) => headRowsWords(tape, operand)),
        ...[batches, heads, keys.shared, Number(isSummed), length, width],
        ...[Number(causal), tape.f32(Number(scale))],
      ]),
  };
}

/** The step of an `attentionGrad`, if a node is where that writes one of its results. */
function stepFor(graph: RuleGraph, grad: OpNode | undefined, node: OpNode): Step | undefined {
  const step = grad?.op === 'attentionGrad' ? attentionGradStep(graph, grad) : undefined;
  return step?.outputs.includes(node.outputs[0]!) ? step : undefined;
}

/** Gradients of attention that are read as they are: the kernel `attention_grad`. */
export const attentionGrad = defineRule('attentionGrad', attentionGradStep);

/** Gradients of attention, written into rows of tokens. */
export const transposedAttentionGrad = defineRule('transpose', (graph, node) => {
  const source = movedFrom(graph, node);
  return stepFor(graph, source?.op === 'sum' ? movedFrom(graph, source) : source, node);
});

/** Gradients of keys and values, summed over the heads of queries that share them. */
export const summedAttentionGrad = defineRule('sum', (graph, node) =>
  stepFor(graph, movedFrom(graph, node), node),
);

/** Gradients of attention, written side by side into that of a joint projection. */
export const joinedAttentionGrad = defineRule('add', (graph, node) => {
  const pad = addends(graph, node).find((leaf) => leaf?.op === 'pad');
  return stepFor(graph, pad && movedFrom(graph, pad), node);
});
