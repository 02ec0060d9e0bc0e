import type { OpNode, Program, ValueId } from '@attune/core';
import type { RuleGraph } from '../steps/rule.js';

const readersOf = new WeakMap<Program, ReadonlyMap<ValueId, readonly OpNode[]>>();

/** The op that alone reads a value, if there is one and the value is no result of the program. */
export function soleReader(graph: RuleGraph, id: ValueId): OpNode | undefined {
  if (graph.readers(id) !== 1) return undefined;
  return readingOps(graph, id)[0];
}

/** The ops that read a value. */
export function readingOps(graph: RuleGraph, id: ValueId): readonly OpNode[] {
  return readers(graph.program).get(id) ?? [];
}

function readers(program: Program): ReadonlyMap<ValueId, readonly OpNode[]> {
  const known = readersOf.get(program);
  if (known) return known;
  const map = new Map<ValueId, OpNode[]>();
  for (const node of program.nodes) {
    if (node.kind !== 'op') continue;
    for (const id of new Set(node.inputs)) map.set(id, [...(map.get(id) ?? []), node]);
  }
  readersOf.set(program, map);
  return map;
}

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
