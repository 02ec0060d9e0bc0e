import { sizeOf, type OpNode, type Shape, type ValueId } from '@attune/core';
import type { RuleGraph } from '../steps/graph.js';
import type { Layout } from './layout.js';
import { fillBox, type Box } from './move.js';
import { layoutOf } from './movement-chains.js';
import { defineRule, type Step } from '../steps/rule.js';

/** A part of a tensor: a box, and the elements in it. */
interface Part {
  readonly box: Box;
  readonly layout: Layout;
}

/** The boxes around another that, with it, make up a shape; some may be empty. */
function around(shape: Shape, { starts, sizes }: Box): Box[] {
  return shape.flatMap((length, axis) => {
    const end = starts[axis]! + sizes[axis]!;
    // Axes before this one keep to the box, those after it span the shape.
    const slab = (first: number, size: number): Box => ({
      starts: shape.map((_, i) => (i < axis ? starts[i]! : i === axis ? first : 0)),
      sizes: shape.map((whole, i) => (i < axis ? sizes[i]! : i === axis ? size : whole)),
    });
    return [slab(0, starts[axis]!), slab(end, length - end)];
  });
}

const disjoint = (a: Box, b: Box) =>
  a.starts.some((start, i) => start + a.sizes[i]! <= b.starts[i]! || b.starts[i]! + b.sizes[i]! <= start);

/** Copies parts, which do not overlap, into a tensor of zeros. */
function assembled(graph: RuleGraph, output: ValueId, parts: readonly Part[]): Step {
  const spec = graph.spec(output);
  const filled = parts.reduce((size, { box }) => size + sizeOf(box.sizes), 0);
  const gaps =
    filled === sizeOf(spec.shape)
      ? []
      : parts.length === 1
        ? around(spec.shape, parts[0]!.box)
        : [{ starts: spec.shape.map(() => 0), sizes: spec.shape }];
  return {
    inputs: [...new Set(parts.map(({ layout }) => layout.value))],
    outputs: [output],
    emit: (tape) => {
      for (const gap of gaps) fillBox(tape, 0, output, spec, gap);
      for (const { layout, box } of parts) fillBox(tape, layout, output, spec, box);
    },
  };
}

/** A node's input as a part: where its elements lie, and where they go. */
function partOf(graph: RuleGraph, input: ValueId, starts: readonly number[]): Part {
  return { box: { starts, sizes: graph.spec(input).shape }, layout: layoutOf(graph, input) };
}

const paddedPart = (graph: RuleGraph, node: OpNode) =>
  partOf(graph, node.inputs[0]!, node.attrs['before'] as readonly number[]);

export const pad = defineRule('pad', (graph, node) =>
  assembled(graph, node.outputs[0]!, [paddedPart(graph, node)]),
);

export const concat = defineRule('concat', (graph, node) => {
  const axis = node.attrs['axis'] as number;
  let start = 0;
  const parts = node.inputs.map((input) => {
    const { shape } = graph.spec(input);
    const part = partOf(
      graph,
      input,
      shape.map((_, i) => (i === axis ? start : 0)),
    );
    start += shape[axis]!;
    return part;
  });
  return assembled(graph, node.outputs[0]!, parts);
});

/** The padded tensors that a tree of additions adds; `undefined` if it adds anything else, or keeps a sum for others. */
function padsOf(graph: RuleGraph, node: OpNode, shape: Shape): OpNode[] | undefined {
  const pads: OpNode[] = [];
  for (const input of node.inputs) {
    const producer = graph.producedBy(input, 'add', 'pad');
    if (producer === undefined || graph.readers(input) > 1) return undefined;
    if (graph.spec(input).shape.join() !== shape.join()) return undefined;
    const own = producer.op === 'pad' ? [producer] : padsOf(graph, producer, shape);
    if (own === undefined) return undefined;
    pads.push(...own);
  }
  return pads;
}

/** `pad(a) + pad(b)` whose parts do not overlap: the gradient of slices, put together without an addition. */
export const sumOfPads = defineRule('add', (graph, node) => {
  const output = node.outputs[0]!;
  const pads = padsOf(graph, node, graph.spec(output).shape);
  const parts = pads?.map((each) => paddedPart(graph, each));
  const fits = parts?.every((a, i) => parts.slice(i + 1).every((b) => disjoint(a.box, b.box)));
  return parts && fits ? assembled(graph, output, parts) : undefined;
});
