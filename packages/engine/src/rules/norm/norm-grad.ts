import { sameShape, type OpNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { normSizes } from './norm.js';
import { defineRule, type Step } from '../../steps/rule.js';

/** The gradient of a norm, and what is done with it in the same pass. */
interface NormGradient {
  readonly node: OpNode;
  /** The gradient that goes past the norm, which is added to the norm's own. */
  readonly residual?: ValueId;
  /** The gradient of `x` as it is written: with the residual added. */
  readonly dx: ValueId;
  /** Gradients of weight and bias that somebody reads. */
  readonly dWeight?: ValueId;
  readonly dBias?: ValueId;
  /** The sum of `dx` over all rows: the gradient of a bias that is part of `x`. */
  readonly sum?: ValueId;
}

/** `dx` alone: for one who needs it once more, beside a step that keeps only its sum with the residual. */
const gradientOfX = (node: OpNode): NormGradient => ({ node, dx: node.outputs[0]! });

/** The gradients of the op itself, as far as somebody reads them. */
function ownGradients(graph: RuleGraph, node: OpNode): NormGradient {
  const [dx, dWeight, dBias] = node.outputs as readonly [ValueId, ValueId, ValueId?];
  return {
    node,
    dx,
    ...(graph.readers(dWeight) > 0 && { dWeight }),
    ...(dBias !== undefined && graph.readers(dBias) > 0 && { dBias }),
  };
}

/** With the `add` that alone reads `dx`, if what it adds is there before, and the sum over rows of what comes of it. */
function withReaders(graph: RuleGraph, node: OpNode): NormGradient {
  const own = ownGradients(graph, node);
  const sum = graph.soleReader(own.dx);
  const residual = sum?.op === 'add' ? sum.inputs.find((id) => id !== own.dx) : undefined;
  const isAdded =
    residual !== undefined &&
    sameShape(graph.spec(residual).shape, graph.spec(own.dx).shape) &&
    graph.position(graph.producer(residual)) < graph.position(node);
  const all = isAdded ? { ...own, residual, dx: sum!.outputs[0]! } : own;
  const overRows = columnSum(graph, all.dx);
  return overRows === undefined ? all : { ...all, sum: overRows };
}

/** The sum of a value over all axes but the last, directly or through a reshape to a matrix. */
function columnSum(graph: RuleGraph, id: ValueId): ValueId | undefined {
  const width = graph.spec(id).shape.at(-1)!;
  const readers = graph.readingNodes(id);
  const matrices = readers.filter(
    ({ op, outputs }) => op === 'reshape' && graph.spec(outputs[0]!).shape.at(-1) === width,
  );
  return [...readers, ...matrices.flatMap(({ outputs }) => graph.readingNodes(outputs[0]!))].find((node) =>
    isColumnSum(graph, node),
  )?.outputs[0];
}

function isColumnSum(graph: RuleGraph, { op, inputs, attrs }: OpNode): boolean {
  if (op !== 'sum') return false;
  const { shape } = graph.spec(inputs[0]!);
  const axes = attrs['axes'] as readonly number[];
  return axes.length === shape.length - 1 && !axes.includes(shape.length - 1);
}

function gradientStep(graph: RuleGraph, gradient: NormGradient): Step {
  const { node, residual, dx, dWeight, dBias, sum } = gradient;
  const [x, weight, dy] = node.inputs as readonly [ValueId, ValueId, ValueId];
  const isThere = (id: ValueId | undefined): id is ValueId => id !== undefined;
  const inputs = [...new Set([x, weight, dy, residual].filter(isThere))];
  return {
    inputs,
    outputs: [dx, dWeight, dBias, sum].filter(isThere),
    mayOverwrite: (input, output) => output === 0 && inputs[input] !== weight,
    emit: (tape) => {
      const placeOf = (id: ValueId | undefined) => (id === undefined ? tape.nowhere : tape.ref(id));
      const read = [x, weight, dy, residual].flatMap(placeOf);
      const written = [dx, dWeight, dBias, sum].flatMap(placeOf);
      tape.call('norm_grad', [...read, ...written, ...normSizes(graph, node, tape)]);
    },
  };
}

const normGradients = ['layerNormGrad', 'rmsNormGrad'] as const;

/** `dx + residual`, and sums of it: asked for by what comes of it. */
const added = defineRule('add', (graph, { inputs, outputs }) => {
  for (const id of inputs) {
    const node = graph.producedBy(id, ...normGradients);
    const gradient = node && withReaders(graph, node);
    if (gradient && gradient.residual !== undefined && gradient.dx === outputs[0])
      return gradientStep(graph, gradient);
  }
  return undefined;
});

const summed = defineRule('sum', (graph, node) => {
  if (!isColumnSum(graph, node)) return undefined;
  const id = graph.viewed(node.inputs[0]!);
  const adding = graph.producedBy(id, 'add');
  for (const candidate of adding ? adding.inputs : [id]) {
    const source = graph.producedBy(candidate, ...normGradients);
    const gradient = source && withReaders(graph, source);
    if (gradient && gradient.sum === node.outputs[0]) return gradientStep(graph, gradient);
  }
  return undefined;
});

/** Ahead of the rules for `add` and `sum` alone. */
export const normGradRules = [
  ...[added, summed],
  ...normGradients.flatMap((op) => [
    defineRule(op, (graph, node) => gradientStep(graph, withReaders(graph, node))),
    defineRule(op, (graph, node) => gradientStep(graph, ownGradients(graph, node))),
    defineRule(op, (graph, node) => gradientStep(graph, gradientOfX(node))),
  ]),
];
