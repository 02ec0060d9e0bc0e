import { sizeOf, type OpNode, type Shape, type ValueId } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { areDisjoint, around, volume, wholeBox, type Box } from './boxes.js';
import type { Layout } from './layout.js';
import { fillBox } from './move.js';
import { layoutOf } from './movement-chains.js';
import { defineRule, type Step } from '../../steps/rule.js';

/** A part of a tensor: a box, and the elements in it. */
interface Part {
  readonly box: Box;
  readonly layout: Layout;
}

/** Copies parts, which do not overlap, into a tensor of zeros. */
function assembled(graph: RuleGraph, output: ValueId, parts: readonly Part[]): Step {
  const spec = graph.spec(output);
  const boxes = parts.map(({ box }) => box);
  const gaps =
    volume(boxes) === sizeOf(spec.shape)
      ? []
      : boxes.length === 1
        ? around(spec.shape, boxes[0]!)
        : [wholeBox(spec.shape)];
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
  const fits = parts && areDisjoint(parts.map(({ box }) => box));
  return fits ? assembled(graph, output, parts) : undefined;
});
