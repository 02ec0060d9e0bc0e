import { sizeOf, type OpName, type OpNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { defineRule, type Step, type StepWriter, type Word } from '../../steps/rule.js';

const isCentered = (op: OpName) => op === 'layerNorm' || op === 'layerNormGrad';

/** Rows, width, epsilon, and 1 if the mean is taken off: the last arguments of the kernels. */
export function normSizes(graph: RuleGraph, node: OpNode, tape: StepWriter): readonly Word[] {
  const { shape } = graph.spec(node.inputs[0]!);
  const width = shape.at(-1)!;
  const rows = width === 0 ? 0 : sizeOf(shape) / width;
  return [rows, width, tape.f32(node.attrs['epsilon'] as number), isCentered(node.op) ? 1 : 0];
}

/** `y` may lie where `x` is, unless `x` is a weight, too, which every row reads. */
function norm(graph: RuleGraph, node: OpNode): Step {
  const [x, weight, bias] = node.inputs as readonly [ValueId, ValueId, ValueId?];
  const y = node.outputs[0]!;
  const inputs = [...new Set(node.inputs)];
  return {
    inputs,
    outputs: [y],
    mayOverwrite: (input) => inputs[input] === x && x !== weight && x !== bias,
    emit: (tape) =>
      tape.call('norm', [
        ...[...tape.ref(x), ...tape.ref(weight)],
        ...(bias === undefined ? tape.nowhere : tape.ref(bias)),
        ...[...tape.ref(y), ...normSizes(graph, node, tape)],
      ]),
  };
}

export const normRules = [defineRule('layerNorm', norm), defineRule('rmsNorm', norm)];
