import type { Program, ProgramNode, ValueId } from '../program/program.js';

/** The nodes that some values depend on, those that compute them included, in the order of the program. */
export function ancestorsOf(program: Program, values: Iterable<ValueId>): ProgramNode[] {
  const needed = new Set(values);
  const nodes: ProgramNode[] = [];
  for (let index = program.nodes.length - 1; index >= 0; index--) {
    const node = program.nodes[index]!;
    if (!node.outputs.some((id) => needed.has(id))) continue;
    nodes.push(node);
    for (const id of node.inputs) needed.add(id);
  }
  return nodes.reverse();
}
