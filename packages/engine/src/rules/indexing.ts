import { sameShape, sizeOf, type OpNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../steps/graph.js';
import { defineRule, type Step } from '../steps/rule.js';
import { storedTable } from './matmul/narrow-operand.js';

export const gather = defineRule('gather', (graph, node) => {
  const [table, indices] = node.inputs as readonly [ValueId, ValueId];
  const output = node.outputs[0]!;
  const [rows, ...row] = graph.spec(table).shape as readonly [number, ...number[]];
  const count = sizeOf(graph.spec(indices).shape);
  const { value, storage, scales } = storedTable(graph, table, rows, sizeOf(row));
  return {
    inputs: [value, indices, ...(scales ? [scales.value] : [])],
    outputs: [output],
    emit: (tape) => {
      const scalesOf = (axis: 'rows' | 'columns') =>
        scales?.of === axis ? tape.ref(scales.value) : tape.nowhere;
      tape.call('gather', [
        ...[...tape.ref(value), ...tape.ref(indices), ...tape.ref(output)],
        ...[rows, sizeOf(row), count, storage],
        ...[...scalesOf('rows'), ...scalesOf('columns')],
      ]);
    },
  };
});

/** Adds rows to a table: one of zeros, or a value whose place the result may take. */
function scatter(graph: RuleGraph, node: OpNode, output: ValueId, base?: ValueId): Step {
  const [indices, updates] = node.inputs as readonly [ValueId, ValueId];
  const [rows, ...row] = graph.spec(output).shape as readonly [number, ...number[]];
  const count = sizeOf(graph.spec(indices).shape);
  return {
    inputs: base === undefined ? [indices, updates] : [base, indices, updates],
    outputs: [output],
    mayOverwrite: (input) => base !== undefined && input === 0,
    emit: (tape) =>
      tape.call('scatter_add', [
        ...[...tape.ref(indices), ...tape.ref(updates)],
        ...[...(base === undefined ? tape.nowhere : tape.ref(base)), ...tape.ref(output)],
        ...[rows, sizeOf(row), count],
      ]),
  };
}

export const scatterAdd = defineRule('scatterAdd', (graph, node) => scatter(graph, node, node.outputs[0]!));

/** `x + scatterAdd(…)`: what x is goes first into the table. Both gradients of a tied embedding end in one place. */
export const addScattered = defineRule('add', (graph, node) => {
  const output = node.outputs[0]!;
  for (const [base, table] of [node.inputs, [...node.inputs].reverse()] as [ValueId, ValueId][]) {
    const producer = graph.producedBy(table, 'scatterAdd');
    const shape = graph.spec(output).shape;
    if (!producer || graph.readers(table) > 1 || base === table) continue;
    if (sameShape(graph.spec(base).shape, shape) && sameShape(graph.spec(table).shape, shape)) {
      if (producer.inputs.some((id) => graph.viewed(id) === graph.viewed(base))) continue;
      return scatter(graph, producer, output, base);
    }
  }
  return undefined;
});
