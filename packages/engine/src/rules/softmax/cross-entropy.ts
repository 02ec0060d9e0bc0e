import { sizeOf, type OpNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { defineRule, type Step } from '../../steps/rule.js';

/** Losses, the gradient of the logits, or both in one pass over them. */
function crossEntropy(graph: RuleGraph, loss: OpNode | undefined, gradient: OpNode | undefined): Step {
  const { inputs: operands, attrs } = (loss ?? gradient)!;
  const [logits, targets] = operands as readonly [ValueId, ValueId];
  const scale = gradient?.inputs[2];
  const number = scale === undefined ? undefined : graph.constant(scale);
  const { shape } = graph.spec(logits);
  const [losses, dLogits] = [loss?.outputs[0], gradient?.outputs[0]];
  const isThere = (id: ValueId | undefined): id is ValueId => id !== undefined;
  const outputs = [dLogits, losses].filter(isThere);
  return {
    inputs: [logits, targets, ...(number === undefined ? [scale] : [])].filter(isThere),
    outputs,
    mayOverwrite: (input, output) => input === 0 && outputs[output] === dLogits,
    emit: (tape) => {
      const placeOf = (id: ValueId | undefined) => (id === undefined ? tape.nowhere : tape.ref(id));
      tape.call('cross_entropy', [
        ...[...tape.ref(logits), ...tape.ref(targets)],
        ...[...placeOf(number === undefined ? scale : undefined), ...placeOf(losses), ...placeOf(dLogits)],
        ...[sizeOf(shape.slice(0, -1)), shape.at(-1)!, attrs['ignoreIndex'] as number],
        tape.f32(number ?? 0),
      ]);
    },
  };
}

/** True if a value is computed from the losses of some cross-entropy. */
function dependsOnLosses(graph: RuleGraph, id: ValueId): boolean {
  const pending = [id];
  const seen = new Set(pending);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const node = graph.producer(next);
    if (node.kind !== 'op') continue;
    if (node.op === 'softmaxCrossEntropy') return true;
    for (const input of node.inputs) {
      if (!seen.has(input)) pending.push(input);
      seen.add(input);
    }
  }
  return false;
}

/** The op of the other kind that reads the same logits and targets. */
function counterpart(graph: RuleGraph, node: OpNode, op: 'softmaxCrossEntropy' | 'softmaxCrossEntropyGrad') {
  const [logits, targets] = node.inputs as readonly [ValueId, ValueId];
  return graph
    .readingNodes(logits)
    .find(
      (other) =>
        other.op === op &&
        other.inputs[0] === logits &&
        other.inputs[1] === targets &&
        other.attrs['ignoreIndex'] === node.attrs['ignoreIndex'],
    );
}

/** Losses and gradient at once, where a gradient's scale is known before the losses are: a mask, or a constant. */
function both(graph: RuleGraph, loss: OpNode | undefined, gradient: OpNode | undefined): Step | undefined {
  if (!loss || !gradient || dependsOnLosses(graph, gradient.inputs[2]!)) return undefined;
  return crossEntropy(graph, loss, gradient);
}

export const crossEntropyRules = [
  defineRule('softmaxCrossEntropy', (graph, node) =>
    both(graph, node, counterpart(graph, node, 'softmaxCrossEntropyGrad')),
  ),
  defineRule('softmaxCrossEntropyGrad', (graph, node) =>
    both(graph, counterpart(graph, node, 'softmaxCrossEntropy'), node),
  ),
  defineRule('softmaxCrossEntropy', (graph, node) => crossEntropy(graph, node, undefined)),
  defineRule('softmaxCrossEntropyGrad', (graph, node) => crossEntropy(graph, undefined, node)),
];
