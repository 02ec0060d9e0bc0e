import type { OpNode } from '@attune/core';
import type { RuleGraph } from '../steps/rule.js';

/** The op whose result reaches a node through transposes and reshapes that alone read it. */
export function strideSource(graph: RuleGraph, node: OpNode): OpNode | undefined {
  for (let id = node.inputs[0]!; graph.readers(id) === 1;) {
    const source = graph.producer(id);
    if (source.kind !== 'op') return undefined;
    if (source.op !== 'transpose' && source.op !== 'reshape') return source;
    id = source.inputs[0]!;
  }
  return undefined;
}
