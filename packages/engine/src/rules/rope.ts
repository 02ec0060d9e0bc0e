import type { OpNode, ValueId } from '@attune/core';
import { headRowsOf, headRowsWords, readHeadRows, writtenRows, type HeadRows } from './attention-operands.js';
import { defineRule, type RuleGraph, type Step } from './rule.js';
import { strideSource } from './sole-reader.js';
import { viewOf, wholeView, type StridedView } from './strided-view.js';

/** A table of angles, repeated to `[…, T, D/2]`. */
function repeatedRows(graph: RuleGraph, id: ValueId, outer: readonly number[]): HeadRows | undefined {
  const repeated = (view: StridedView): StridedView => {
    const lacking = outer.length - view.shape.length;
    const strides = outer.map((_, axis) => {
      const own = axis - lacking;
      return own < 0 || view.shape[own] === 1 ? 0 : view.strides[own]!;
    });
    return { ...view, shape: outer, strides };
  };
  return headRowsOf(repeated(viewOf(graph, id))) ?? headRowsOf(repeated(wholeView(graph, id)));
}

/** The rotation, written to `out`. */
function ropeStep(graph: RuleGraph, node: OpNode, out: HeadRows): Step | undefined {
  const [x, cos, sin] = node.inputs as [ValueId, ValueId, ValueId];
  const negated = graph.producedBy(sin, 'neg');
  const read = readHeadRows(graph, x);
  const { batches, heads, length, width } = read;
  const outer = [...graph.spec(x).shape.slice(0, -1), width / 2];
  const tables = [cos, negated?.inputs[0] ?? sin].map((id) => repeatedRows(graph, id, outer));
  if (!tables.every((table) => table !== undefined)) return undefined;
  const inputs = [...new Set([read.value, ...tables.map(({ value }) => value)])];
  const isInPlace = String(read.strides) === String(out.strides) && read.offset === out.offset;
  return {
    inputs,
    outputs: [out.value],
    mayOverwrite: (input) => inputs[input] === read.value && isInPlace,
    emit: (tape) =>
      tape.call('rope', [
        ...[read, out, ...tables].flatMap((rows) => headRowsWords(tape, rows)),
        ...[batches, heads, length, width / 2, tape.f32(negated ? -1 : 1)],
      ]),
  };
}

/** Rotary position embedding, and its gradient, which turns back: the kernel `rope`. */
export const rope = defineRule('rope', (graph, node) =>
  ropeStep(graph, node, headRowsOf(wholeView(graph, node.outputs[0]!))!),
);

/** Rotated heads that go back into rows of tokens: written there at once. */
export const transposedRope = defineRule('transpose', (graph, node) => {
  const source = strideSource(graph, node);
  if (source?.op !== 'rope') return undefined;
  const out = writtenRows(graph, source.outputs[0]!);
  return out.value === node.outputs[0] ? ropeStep(graph, source, out) : undefined;
});
