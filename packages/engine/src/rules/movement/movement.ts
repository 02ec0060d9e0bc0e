import type { OpNode } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { fillBox } from './move.js';
import { layoutBehind } from './movement-chains.js';
import { defineRule, type Step } from '../../steps/rule.js';

/** One copy, from wherever the elements lie: a slice that is reshaped and transposed is read in place. */
function movement(graph: RuleGraph, node: OpNode): Step {
  const output = node.outputs[0]!;
  const layout = layoutBehind(graph, output);
  return {
    inputs: layout.value === output ? [] : [layout.value],
    outputs: [output],
    emit: (tape) => fillBox(tape, layout, output, graph.spec(output)),
  };
}

export const transpose = defineRule('transpose', movement);
export const broadcastTo = defineRule('broadcastTo', movement);
export const slice = defineRule('slice', movement);
