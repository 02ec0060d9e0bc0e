import {
  adamWInputs,
  groupUpdates,
  sizeOf,
  type Program,
  type UpdateGroup,
  type ValueId,
} from '@attune/core';

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

/** The names of the tensors of the state, by the values that they are when a run begins. */
export function stateNamesOf(program: Program): ReadonlyMap<ValueId, string> {
  return new Map(
    program.nodes.flatMap((node) => (node.kind === 'state' ? [[node.outputs[0], node.name] as const] : [])),
  );
}

/**
 * The groups of updates whose moments are nobody else's: read from the state by that node alone, and written back by it
 * alone, so that they can lie side by side. Large tensors are left out.
 */
export function findGroups(program: Program): UpdateGroup[] {
  const uses = countUses(program);
  const names = stateNamesOf(program);
  const isOwn = (before: ValueId, after: ValueId) => {
    const name = names.get(before);
    return name !== undefined && uses[before] === 1 && uses[after] === 1 && program.updates[name] === after;
  };
  return groupUpdates(program, ({ inputs, outputs: [param, expAvg, expAvgSq] }) => {
    if (sizeOf(program.values[param!]!.shape) > LARGEST) return false;
    return isOwn(inputs[adamWInputs.expAvg]!, expAvg!) && isOwn(inputs[adamWInputs.expAvgSq]!, expAvgSq!);
  });
}
