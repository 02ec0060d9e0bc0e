import { sizeOf, type OpNode, type Shape, type ValueId } from '@attune/core';
import { writtenRows } from './operands.js';
import { defineRule, type RuleGraph, type Step, type StepWriter, type Word } from '../../steps/rule.js';
import { axisStrides, broadcast, dense, shapeOf, type Layout } from '../movement/layout.js';
import { movedFrom, stridedLayoutOf } from '../movement/movement-chains.js';

/** A layout with one stride for each axis. */
interface Strided {
  readonly value: ValueId;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

function strided(layout: Layout): Strided {
  const { value, offset } = layout;
  return { value, offset, shape: shapeOf(layout), strides: axisStrides(layout)! };
}

/** A value as it lies somewhere, in contiguous rows. */
function rowsOf(graph: RuleGraph, id: ValueId): Layout {
  const layout = stridedLayoutOf(graph, id);
  const row = axisStrides(layout)!.at(-1);
  return row === 1 || shapeOf(layout).at(-1) === 1 ? layout : dense(graph, id);
}

/** The five words of a `HeadRows`: the last four axes, at an index of those before. */
function words(tape: StepWriter, { value, offset, strides }: Strided, outer: Shape): readonly Word[] {
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
function ropeStep(graph: RuleGraph, node: OpNode, out: Strided): Step {
  const [x, cos, sin] = node.inputs as [ValueId, ValueId, ValueId];
  const negated = graph.producedBy(sin, 'neg');
  const read = strided(rowsOf(graph, x));
  const { shape } = read;
  const half = shape.at(-1)! / 2;
  const [cosines, sines] = [cos, negated?.inputs[0] ?? sin].map((id) =>
    strided(broadcast(rowsOf(graph, id), [...shape.slice(0, -1), half])),
  ) as [Strided, Strided];
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
          ...[read, out, cosines, sines].flatMap((operand) => words(tape, operand, outer)),
          ...[cosines, sines].map(({ strides }) => (half === 1 ? 1 : strides.at(-1)!)),
          ...[batches, heads, length, half, tape.f32(negated ? -1 : 1)],
        ]);
      }
    },
  };
}

/** Rotary position embedding, and its gradient, which turns back: the kernel `rope`. */
export const rope = defineRule('rope', (graph, node) =>
  ropeStep(graph, node, strided(dense(graph, node.outputs[0]!))),
);

/** Rotated heads that go back into rows of tokens: written there at once. */
export const transposedRope = defineRule('transpose', (graph, node) => {
  const source = movedFrom(graph, node);
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
