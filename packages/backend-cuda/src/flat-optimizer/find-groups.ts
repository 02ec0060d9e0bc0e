import { sizeOf, type Program, type OpNode, type ValueId } from '@attune/core';

/** AdamW updates that can be one: of the same constants and the same step. */
export type Group = readonly OpNode[];

/**
 * Elements of the largest tensor that is worth joining. Being joined and cut out again moves some 200 bytes an element,
 * which at a GPU's bandwidth takes as long as the dozen launches it saves at about this size.
 */
const LARGEST = 2 ** 20;

/** How often each value is used: by nodes, outputs and updates. */
function countUses(program: Program): number[] {
  const uses = program.values.map(() => 0);
  const all = [
    ...program.nodes.flatMap((node) => node.inputs),
    ...Object.values(program.outputs),
    ...Object.values(program.updates),
  ];
  for (const id of all) uses[id]!++;
  return uses;
}

/**
 * The groups of two or more `adamW` nodes whose moments are nobody else's: read from the state by that node alone, and
 * written back by it alone. The new parameter may be a result, but nothing is computed from it. Large tensors are left out.
 */
export function findGroups(program: Program): Group[] {
  const uses = countUses(program);
  const stateNames = new Map<ValueId, string>();
  for (const node of program.nodes) {
    if (node.kind === 'state') stateNames.set(node.outputs[0], node.name);
  }
  const computed = new Set(program.nodes.flatMap((node) => node.inputs));

  const isOwn = (before: ValueId, after: ValueId) => {
    const name = stateNames.get(before);
    return name !== undefined && uses[before] === 1 && uses[after] === 1 && program.updates[name] === after;
  };
  const groups = new Map<string, OpNode[]>();
  for (const node of program.nodes) {
    if (node.op !== 'adamW') continue;
    const [, , expAvg, expAvgSq, ...scalars] = node.inputs;
    const [param, ...moments] = node.outputs;
    if (sizeOf(program.values[param!]!.shape) > LARGEST) continue;
    if (!isOwn(expAvg!, moments[0]!) || !isOwn(expAvgSq!, moments[1]!) || computed.has(param!)) continue;
    const key = JSON.stringify([node.attrs, scalars]);
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}
