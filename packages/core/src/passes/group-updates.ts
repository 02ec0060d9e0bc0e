import { opNodes, type OpNode, type Program } from '../program/program.js';

/** Which of the inputs of `adamW` is what: the parameter, its gradient, its moments, and the scalars of the step from `scalars` on. */
export const adamWInputs = { param: 0, grad: 1, expAvg: 2, expAvgSq: 3, scalars: 4 } as const;

/** Updates that an engine may do as one, in the order of the program. */
export type UpdateGroup = readonly OpNode[];

/** The part that members of a group share: the constants of the optimizer, and the values of the step. */
const sharedBy = (node: OpNode) => JSON.stringify([node.attrs, node.inputs.slice(adamWInputs.scalars)]);

/**
 * The `adamW` nodes of a program that can be one: of the same constants and the same step, whose results nothing is computed
 * from. One update over many small tensors costs a start of a kernel where each of them costs one, and yields the same bits,
 * since every element is computed by itself. The group can be written when its last member is reached: all that the members
 * read is there.
 *
 * @param accepts chooses the nodes that are worth it to the engine, by their size for example.
 * @returns groups of two nodes or more.
 */
export function groupUpdates(program: Program, accepts: (node: OpNode) => boolean): UpdateGroup[] {
  const read = new Set(program.nodes.flatMap(({ inputs }) => inputs));
  const groups = new Map<string, OpNode[]>();
  for (const node of opNodes(program)) {
    if (node.op !== 'adamW' || node.outputs.some((id) => read.has(id)) || !accepts(node)) continue;
    const key = sharedBy(node);
    const group = groups.get(key);
    if (group) group.push(node);
    else groups.set(key, [node]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Every reason why groups cannot each be one update. An empty list means that they can. */
export function groupFaults(program: Program, groups: readonly UpdateGroup[]): string[] {
  const position = new Map(opNodes(program).map((node, index) => [node, index]));
  const read = new Set(program.nodes.flatMap(({ inputs }) => inputs));
  const seen = new Set<OpNode>();
  return groups.flatMap((group, index) => {
    const faults: string[] = [];
    if (group.length < 2) faults.push('has fewer than two members.');
    group.forEach((node, i) => {
      if (node.op !== 'adamW') faults.push(`has a member that is no update (${node.op}).`);
      if (!position.has(node)) faults.push('has a member that is not in the program.');
      if (seen.has(node)) faults.push('has a member that is in a group already.');
      seen.add(node);
      if (sharedBy(node) !== sharedBy(group[0]!)) faults.push(`has members of different steps (${i}).`);
      if (i > 0 && position.get(node)! < position.get(group[i - 1]!)!) faults.push('is out of order.');
      if (node.outputs.some((id) => read.has(id))) faults.push(`has a result that is read (${i}).`);
    });
    return faults.map((fault) => `group ${index} ${fault}`);
  });
}
