import { sizeOf, type OpNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { encodeChain, type ChainCode } from './encode.js';
import { elementwise } from './ops.js';
import { chainRegion } from './region.js';
import { ChainTree, type Expression } from './tree.js';
import { defineRule, type Rule, type Step } from '../../steps/rule.js';

/** Nodes that a chain takes along at most. On scalars a long chain costs no more than its ops. */
const LONGEST = 48;
const LONGEST_SCALAR = 512;

/**
 * The chain that ends in a node, as long as registers suffice for.
 *
 * @param operands values of the node that may be computed on the way.
 * @param build the expression that it computes.
 */
function chainFor(
  graph: RuleGraph,
  node: OpNode,
  operands: readonly ValueId[],
  count: number,
  build: (tree: ChainTree) => Expression,
): ChainCode | undefined {
  for (let limit = count === 1 ? LONGEST_SCALAR : LONGEST; ; limit >>= 1) {
    const region = chainRegion(graph, node, operands, count, limit);
    const code = encodeChain(build(new ChainTree(graph, region)), count);
    if (code || limit === 0) return code;
  }
}

/** Values that a chain reads, each once. */
const valuesRead = ({ loads }: ChainCode): ValueId[] => [...new Set(loads.map(({ id }) => id))];

/** True if a result may lie where a value does: it is read at the place of each element only, and is as large. */
function isReplaceable(graph: RuleGraph, { loads }: ChainCode, id: ValueId, result: ValueId): boolean {
  const isBool = (of: ValueId) => graph.spec(of).dtype === 'bool';
  return isBool(id) === isBool(result) && loads.every((load) => load.id !== id || load.access === 'full');
}

function chainStep(graph: RuleGraph, node: OpNode): Step | undefined {
  const [result] = node.outputs;
  const { shape, dtype } = graph.spec(result!);
  const chain = chainFor(graph, node, node.inputs, sizeOf(shape), (tree) => tree.node(node));
  if (!chain) return undefined;
  const inputs = valuesRead(chain);
  return {
    inputs,
    outputs: [result!],
    mayOverwrite: (input) => isReplaceable(graph, chain, inputs[input]!, result!),
    emit: (tape) =>
      tape.call('chain', [
        ...chain.header,
        ...tape.ref(result!),
        ...[dtype === 'bool' ? 1 : 0],
        ...chain.code(tape),
      ]),
  };
}

/** Elementwise ops, with what leads up to them: the kernel `chain`. */
export const chains: readonly Rule[] = elementwise.map((op) => defineRule(op, chainStep));

/** The sum of all elements, with what leads up to them: the kernel `chain_sum`. */
export const totalSum = defineRule('sum', (graph, node) => {
  const [input] = node.inputs;
  const [result] = node.outputs;
  if (sizeOf(graph.spec(result!).shape) !== 1) return undefined;
  const { shape } = graph.spec(input!);
  const chain = chainFor(graph, node, node.inputs, sizeOf(shape), (tree) => tree.value(input!, shape));
  if (!chain) return undefined;
  return {
    inputs: valuesRead(chain),
    outputs: [result!],
    emit: (tape) => tape.call('chain_sum', [...chain.header, ...tape.ref(result!), ...chain.code(tape)]),
  };
});

/** AdamW, with what leads up to its gradient: the kernel `adam_w`. */
export const adamW = defineRule('adamW', (graph, node) => {
  const [param, grad, expAvg, expAvgSq, ...scalars] = node.inputs;
  const { shape } = graph.spec(param!);
  const chain = chainFor(graph, node, [grad!], sizeOf(shape), (tree) => tree.value(grad!, shape));
  if (!chain) return undefined;
  const places = [param!, expAvg!, expAvgSq!].map((id) => graph.viewed(id));
  const inputs = [...new Set([...places, ...scalars.map((id) => graph.viewed(id)), ...valuesRead(chain)])];
  const constant = (name: string) => Number(node.attrs[name]);
  const [beta1, beta2] = [constant('beta1'), constant('beta2')];
  return {
    inputs,
    outputs: node.outputs,
    mayOverwrite: (input, output) => {
      const id = inputs[input]!;
      const isScalar = scalars.some((scalar) => graph.viewed(scalar) === id);
      return !isScalar && isReplaceable(graph, chain, id, node.outputs[output]!);
    },
    emit: (tape) =>
      tape.call('adam_w', [
        ...chain.header,
        ...[...places, ...node.outputs, ...scalars].flatMap((id) => tape.ref(id)),
        ...[beta1, 1 - beta1, beta2, 1 - beta2].map((value) => tape.f32(value)),
        ...[constant('epsilon'), constant('weightDecay')].map((value) => tape.f32(value)),
        ...chain.code(tape),
      ]),
  };
});
