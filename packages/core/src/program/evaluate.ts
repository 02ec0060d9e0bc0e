import { lastUses } from './analysis.js';
import type { Program, ProgramNode } from './program.js';

/**
 * Computes the nodes one after the other, and drops each value after its last use.
 *
 * @param compute the values of a node's outputs, from those of its inputs.
 * @returns values by their ids, as far as they are results.
 */
export function evaluate<T>(
  program: Program,
  compute: (node: ProgramNode, inputs: readonly T[]) => readonly T[],
): (T | undefined)[] {
  const values = new Array<T | undefined>(program.values.length);
  const dying = lastUses(program);
  program.nodes.forEach((node, index) => {
    const results = compute(
      node,
      node.inputs.map((id) => values[id]!),
    );
    node.outputs.forEach((id, i) => (values[id] = results[i]!));
    for (const id of dying[index]!) values[id] = undefined;
  });
  return values;
}
