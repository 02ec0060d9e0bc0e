import { sizeOf, type OpNode, type Shape, type ValueId } from '@attune/core';
import { writtenRows } from './attention-operands.js';
import { defineRule, type RuleGraph, type Step, type StepWriter, type Word } from '../steps/rule.js';
import { strideSource } from './stride-source.js';
import { viewOf, wholeView, type StridedView } from './strided-view.js';

/** A view, repeated to a shape as broadcasting does. */
function repeated(view: StridedView, shape: Shape): StridedView {
  const lacking = shape.length - view.shape.length;
  const strides = shape.map((_, axis) => {
    const own = axis - lacking;
    return own < 0 || view.shape[own] === 1 ? 0 : view.strides[own]!;
  });
  return { ...view, shape, strides };
}

/** A value as it lies somewhere, in contiguous rows. */
function rowsOf(graph: RuleGraph, id: ValueId): StridedView {
  const view = viewOf(graph, id);
  return view.shape.at(-1) === 1 || view.strides.at(-1) === 1 ? view : wholeView(graph, id);
}

/** The five words of a `HeadRows`: the last four axes of a view, at an index of those before. */
function words(tape: StepWriter, { value, offset, strides }: StridedView, outer: Shape): readonly Word[] {
  const start = outer.reduce((sum, index, axis) => sum + index * strides[axis]!, offset);
  const [batch, head, row] = [-4, -3, -2].map((axis) => strides.at(axis) ?? 0) as [number, number, number];
  return [...tape.ref(value, start), batch, head, row];
}

/** Every index into a shape. */
function indices(shape: Shape): Shape[] {
  return shape.reduce<Shape[]>(
    (found, length) => found.flatMap((index) => Array.from({ length }, (_, i) => [...index, i])),
    [[]],
  );
}

/** The rotation, written to `out`. */
function ropeStep(graph: RuleGraph, node: OpNode, out: StridedView): Step {
  const [x, cos, sin] = node.inputs as [ValueId, ValueId, ValueId];
  const negated = graph.producedBy(sin, 'neg');
  const read = rowsOf(graph, x);
  const { shape } = read;
  const half = shape.at(-1)! / 2;
  const [cosines, sines] = [cos, negated?.inputs[0] ?? sin].map((id) =>
    repeated(rowsOf(graph, id), [...shape.slice(0, -1), half]),
  ) as [StridedView, StridedView];
  const inputs = [...new Set([read.value, cosines.value, sines.value])];
  const isInPlace =
    String(read.strides) === String(out.strides) &&
    sizeOf(graph.spec(read.value).shape) === sizeOf(graph.spec(out.value).shape);
  const [batches, heads, length] = [-4, -3, -2].map((axis) => shape.at(axis) ?? 1) as [
    number,
    number,
    number,
  ];
  return {
    inputs,
    outputs: [out.value],
    mayOverwrite: (input) =>
      isInPlace && inputs[input] === read.value && cosines.value !== read.value && sines.value !== read.value,
    emit: (tape) => {
      for (const outer of indices(shape.slice(0, -4))) {
        tape.call('rope', [
          ...[read, out, cosines, sines].flatMap((view) => words(tape, view, outer)),
          ...[cosines, sines].map(({ strides }) => (half === 1 ? 1 : strides.at(-1)!)),
          ...[batches, heads, length, half, tape.f32(negated ? -1 : 1)],
        ]);
      }
    },
  };
}

/** Rotary position embedding, and its gradient, which turns back: the kernel `rope`. */
export const rope = defineRule('rope', (graph, node) =>
  ropeStep(graph, node, wholeView(graph, node.outputs[0]!)),
);

/** Rotated heads that go back into rows of tokens: written there at once. */
export const transposedRope = defineRule('transpose', (graph, node) => {
  const source = strideSource(graph, node);
  if (source?.op !== 'rope' || graph.spec(source.outputs[0]!).shape.length !== 4) return undefined;
  const { value, offset, strides } = writtenRows(graph, source.outputs[0]!);
  if (value !== node.outputs[0]) return undefined;
  return ropeStep(graph, source, {
    value,
    offset,
    shape: graph.spec(source.outputs[0]!).shape,
    strides: [...strides, 1],
  });
});
