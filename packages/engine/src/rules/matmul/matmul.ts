import { sizeOf, type OpNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { callGemm, type Activation } from './gemm.js';
import { matmulOperands } from './operands.js';
import { defineRule, type Rule, type Step } from '../../steps/rule.js';

/** A product, and a bias that is added to each of its rows. */
interface Linear {
  readonly product: OpNode;
  readonly bias?: ValueId;
  /** `A · B + bias`. */
  readonly value: ValueId;
}

/** The function that is applied to a linear value. */
interface Applied {
  readonly value: ValueId;
  readonly activation: Activation;
}

/** The `matmul` that computes a value, through reshapes, if nobody else reads it on the way. */
function soleProduct(graph: RuleGraph, id: ValueId): OpNode | undefined {
  if (graph.readers(id) !== 1) return undefined;
  const node = graph.producedBy(id, 'matmul', 'reshape');
  return node?.op === 'reshape' ? soleProduct(graph, node.inputs[0]!) : node;
}

const width = (graph: RuleGraph, id: ValueId) => graph.spec(id).shape.at(-1);
const size = (graph: RuleGraph, id: ValueId) => sizeOf(graph.spec(id).shape);

/** `add` of a product and a row for all its rows. */
function biased(graph: RuleGraph, node: OpNode): Linear | undefined {
  const value = node.outputs[0]!;
  for (const [i, id] of node.inputs.entries()) {
    const [product, bias] = [soleProduct(graph, id), node.inputs[1 - i]!];
    const columns = width(graph, value);
    if (!product || width(graph, product.outputs[0]!) !== columns || width(graph, bias) !== columns) continue;
    if (size(graph, bias) === columns && size(graph, id) === size(graph, value))
      return { product, bias, value };
  }
  return undefined;
}

/** The linear value that this is. */
function linear(graph: RuleGraph, id: ValueId): Linear | undefined {
  const node = graph.producedBy(id, 'matmul', 'add');
  if (node?.op === 'matmul') return { product: node, value: id };
  return node && biased(graph, node);
}

/** The same, through reshapes, if nobody else reads it. */
function soleLinear(graph: RuleGraph, id: ValueId): Linear | undefined {
  if (graph.readers(id) !== 1) return undefined;
  const node = graph.producedBy(id, 'reshape');
  return node ? soleLinear(graph, node.inputs[0]!) : linear(graph, id);
}

/** The activation that an op is. */
function activationOf(node: OpNode): Activation | undefined {
  if (node.op === 'silu') return 'silu';
  if (node.op === 'gelu') return node.attrs['approximate'] === 'tanh' ? 'geluTanh' : 'geluErf';
  return undefined;
}

/**
 * The activation of a linear value, if it comes first among its readers and somebody needs its result in memory: a product
 * does; elementwise ops apply the activation as they go.
 */
function appliedTo(graph: RuleGraph, linearValue: ValueId): Applied | undefined {
  const [node] = graph.readingNodes(linearValue);
  const activation = node && activationOf(node);
  if (!activation) return undefined;
  const value = node.outputs[0]!;
  const [reader] = graph.readingNodes(value);
  const isNeeded = graph.readers(value) > 1 || reader?.op === 'matmul' || reader?.op === 'reshape';
  return isNeeded ? { value, activation } : undefined;
}

/** One call of `gemm` for a product and what is done to it. */
function gemmStep(
  graph: RuleGraph,
  { product, bias, value }: Linear,
  { applied, residual, sum }: { applied?: Applied; residual?: ValueId; sum?: ValueId } = {},
): Step {
  const { a, b, sizes } = matmulOperands(graph, product);
  const { scales, storage } = b;
  const operands = [a.value, b.value, scales?.value, bias].filter((id) => id !== undefined);
  const inputs = [...new Set([...operands, ...(residual === undefined ? [] : [residual])])];
  // What is activated is written as well where somebody else reads it: the gradient does.
  const keepsBefore = applied !== undefined && graph.readers(value) > 1;
  const output = sum ?? applied?.value ?? value;
  const views = operands.map((id) => graph.viewed(id));
  return {
    inputs,
    outputs: keepsBefore ? [output, value] : [output],
    mayOverwrite: (input) =>
      inputs[input] === residual && residual !== undefined && !views.includes(graph.viewed(residual)),
    emit: (tape) =>
      callGemm(tape, {
        ...sizes,
        a: tape.ref(a.value, a.offset),
        b: tape.ref(b.value, b.offset),
        storage,
        ...(scales && { scales: { at: tape.ref(scales.value), of: scales.of } }),
        c: tape.ref(output),
        ...(bias !== undefined && { bias: tape.ref(bias) }),
        ...(residual !== undefined && { residual: tape.ref(residual) }),
        ...(applied && { activation: applied.activation }),
        ...(keepsBefore && { before: tape.ref(value) }),
      }),
  };
}

/** A linear value, and what is applied to it if anything is: both are computed by one call, whichever is asked for. */
function linearStep(graph: RuleGraph, of: Linear): Step {
  const applied = appliedTo(graph, of.value);
  return gemmStep(graph, of, applied && { applied });
}

/** `A · B`. */
const product = defineRule('matmul', (graph, node) =>
  linearStep(graph, { product: node, value: node.outputs[0]! }),
);

/** `A · B + bias + residual`: a block's result is added to what goes past it. */
const withResidual = defineRule('add', (graph, node) => {
  const sum = node.outputs[0]!;
  for (const [i, id] of node.inputs.entries()) {
    const [of, residual] = [soleLinear(graph, id), node.inputs[1 - i]!];
    const isWhole = size(graph, id) === size(graph, sum) && size(graph, residual) === size(graph, sum);
    if (of && isWhole && residual !== id) return gemmStep(graph, of, { residual, sum });
  }
  return undefined;
});

/** `A · B + bias`. */
const withBias = defineRule('add', (graph, node) => {
  const of = biased(graph, node);
  return of && linearStep(graph, of);
});

/** `f(A · B + bias)`. */
const activated = (op: 'gelu' | 'silu') =>
  defineRule(op, (graph, node) => {
    const of = linear(graph, node.inputs[0]!);
    const applied = of && appliedTo(graph, of.value);
    return applied?.value === node.outputs[0] ? gemmStep(graph, of!, { applied }) : undefined;
  });

/** Products with what may be fused into them. They take along sums and functions, so they stand before the rules of those. */
export const matmulRules: readonly Rule[] = [
  ...[product, withBias, withResidual],
  ...[activated('gelu'), activated('silu')],
];
