import { sizeOf, type OpNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../compile/graph.js';
import { defineRule, type Step } from './rule.js';

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

export const softmaxCrossEntropy = defineRule('softmaxCrossEntropy', (graph, node) =>
  crossEntropy(graph, node, undefined),
);
export const softmaxCrossEntropyGrad = defineRule('softmaxCrossEntropyGrad', (graph, node) =>
  crossEntropy(graph, undefined, node),
);
