import type { OpName, OpNode } from '@attune/core';
import type { RuleGraph } from './graph.js';
import type { Step, StepWriter } from './step.js';
import type { Word } from './words.js';

/**
 * A way to compute a node: it matches the node, and may take along the nodes that lead up to it, whose values then need not
 * be in memory. `undefined` where it does not apply.
 */
export interface Rule {
  readonly op: OpName;
  match(graph: RuleGraph, node: OpNode): Step | undefined;
}

/** Rules by op, in the order in which they are tried. */
export type RuleSet = ReadonlyMap<OpName, readonly Rule[]>;

/** Declares a rule. It changes nothing: `rules/index.ts` is the one place that lists the rules. */
export function defineRule(op: OpName, match: Rule['match']): Rule {
  return { op, match };
}

export type { RuleGraph, Step, StepWriter, Word };
