import type { OpNode } from '@attune/core';
import type { RuleGraph } from '../steps/graph.js';
import { layoutOf } from './layout.js';
import { fillBox } from './move.js';
import { defineRule, type Step } from '../steps/rule.js';

/** One copy, from wherever the elements lie: a slice that is reshaped and transposed is read in place. */
function movement(graph: RuleGraph, node: OpNode): Step {
  const output = node.outputs[0]!;
  const layout = layoutOf(graph, output);
  return {
    inputs: layout.source === output ? [] : [layout.source],
    outputs: [output],
    emit: (tape) => fillBox(tape, layout, output, graph.spec(output)),
  };
}

export const transpose = defineRule('transpose', movement);
export const broadcastTo = defineRule('broadcastTo', movement);
export const slice = defineRule('slice', movement);
