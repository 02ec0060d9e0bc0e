import { sizeOf, type OpNode } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { defineRule, type Step } from '../../steps/rule.js';

function rowwise(graph: RuleGraph, node: OpNode): Step {
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  const { shape } = graph.spec(x);
  const width = shape.at(-1)!;
  const rows = width === 0 ? 0 : sizeOf(shape) / width;
  return {
    inputs: [x],
    outputs: [y],
    mayOverwrite: () => true,
    emit: (tape) =>
      tape.call('softmax', [
        ...tape.ref(x),
        ...tape.ref(y),
        ...[rows, width, node.op === 'logSoftmax' ? 1 : 0],
      ]),
  };
}

export const softmax = defineRule('softmax', rowwise);
export const logSoftmax = defineRule('logSoftmax', rowwise);
