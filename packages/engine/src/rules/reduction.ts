import { sizeOf, type OpNode, type Shape } from '@attune/core';
import type { RuleGraph } from '../steps/graph.js';
import { dense } from './movement/layout.js';
import { fillBox } from './movement/move.js';
import { defineRule, type Step } from '../steps/rule.js';

/** Neighbouring axes of which all are folded, or none. */
interface AxisGroup {
  readonly length: number;
  readonly isFolded: boolean;
}

/** A matrix of a stack `[outer, rows, inner]` is folded along its rows. */
interface Pass {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

function groupsOf(shape: Shape, axes: readonly number[]): AxisGroup[] {
  const groups: AxisGroup[] = [];
  shape.forEach((length, axis) => {
    const isFolded = axes.includes(axis);
    const last = groups.at(-1);
    if (length === 1) return;
    if (last?.isFolded === isFolded) groups[groups.length - 1] = { isFolded, length: last.length * length };
    else groups.push({ length, isFolded });
  });
  return groups;
}

/** One pass for each group of axes that is folded, the innermost first. */
function passesOf(shape: Shape, axes: readonly number[]): Pass[] {
  const size = (groups: readonly AxisGroup[]) => groups.reduce((count, { length }) => count * length, 1);
  const passes: Pass[] = [];
  let groups = groupsOf(shape, axes);
  for (;;) {
    const last = groups.map(({ isFolded }) => isFolded).lastIndexOf(true);
    if (last === -1) return passes;
    const [before, after] = [groups.slice(0, last), groups.slice(last + 1)];
    passes.push({ outer: size(before), length: groups[last]!.length, inner: size(after) });
    groups = [...before, ...after];
  }
}

/** `f32[outer, length, inner]` → `f32[outer, inner]`, pass after pass. */
function reduction(graph: RuleGraph, node: OpNode, fold: number): Step {
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  const { shape } = graph.spec(input);
  const passes = passesOf(shape, node.attrs['axes'] as readonly number[]);
  const isEmpty = sizeOf(graph.spec(output).shape) === 0;
  return {
    inputs: [input],
    outputs: [output],
    temporaries: passes.slice(0, -1).map(({ outer, inner }) => Math.max(1, outer * inner) * 4),
    emit: (tape) => {
      if (isEmpty) return;
      if (passes.length === 0) fillBox(tape, dense(graph, input), output, { shape, dtype: 'f32' });
      passes.forEach(({ outer, length, inner }, i) => {
        const from = i === 0 ? tape.ref(input) : tape.temporary(i - 1);
        const to = i === passes.length - 1 ? tape.ref(output) : tape.temporary(i);
        if (inner === 1) tape.call('reduce_rows', [...from, ...to, outer, length, fold]);
        else tape.call('reduce_columns', [...from, ...to, outer, length, inner, fold]);
      });
    },
  };
}

export const sum = defineRule('sum', (graph, node) => reduction(graph, node, 0));
export const max = defineRule('max', (graph, node) => reduction(graph, node, 1));
