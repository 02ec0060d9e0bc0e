import { sizeOf, type OpName, type OpNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../compile/graph.js';
import { defineRule, type Step, type StepWriter, type Word } from './rule.js';

type Place = readonly [Word, Word];

const isCentered = (op: OpName) => op === 'layerNorm' || op === 'layerNormGrad';

/** Rows, width, epsilon, and 1 if the mean is taken off: the last arguments of the kernels. */
function sizes(graph: RuleGraph, node: OpNode, tape: StepWriter): readonly Word[] {
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
        ...[...tape.ref(y), ...sizes(graph, node, tape)],
      ]),
  };
}

export const layerNorm = defineRule('layerNorm', norm);
export const rmsNorm = defineRule('rmsNorm', norm);

/** `dx`, and the gradients of weight and bias as far as somebody reads them. */
function normGrad(graph: RuleGraph, node: OpNode): Step {
  const [x, weight, dy] = node.inputs as readonly [ValueId, ValueId, ValueId];
  const [dx, ...affine] = node.outputs as readonly [ValueId, ...ValueId[]];
  const inputs = [...new Set(node.inputs)];
  const wanted = affine.filter((id) => graph.readers(id) > 0);
  const placeOf = (tape: StepWriter, id: ValueId | undefined): Place =>
    id !== undefined && wanted.includes(id) ? tape.ref(id) : tape.nowhere;
  return {
    inputs,
    outputs: [dx, ...wanted],
    mayOverwrite: (input, output) => output === 0 && inputs[input] !== weight,
    emit: (tape) =>
      tape.call('norm_grad', [
        ...[...tape.ref(x), ...tape.ref(weight), ...tape.ref(dy), ...tape.nowhere, ...tape.ref(dx)],
        ...[...placeOf(tape, affine[0]), ...placeOf(tape, affine[1]), ...sizes(graph, node, tape)],
      ]),
  };
}

export const layerNormGrad = defineRule('layerNormGrad', normGrad);
export const rmsNormGrad = defineRule('rmsNormGrad', normGrad);
