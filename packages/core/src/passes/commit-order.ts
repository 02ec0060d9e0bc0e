import { labelOf, resultsOf, type Program } from '../program/program.js';
import { ancestorsOf } from './ancestors.js';
import { commitFaults, planCommits, type CommitPlan, type UpdateSequence } from './plan-commits.js';

/**
 * An order of a program's work in which each tensor of the state is replaced as soon as its old value is done with. Its
 * commits are those of nodes.
 */
export interface CommitOrder extends CommitPlan {
  /** The same program, its nodes in another order where it has a guard. */
  readonly program: Program;
  /**
   * How many nodes compute the outputs, the guard among them. Those from there on compute updates only, and need not run
   * where the guard is false. All nodes, in a program without a guard.
   */
  readonly beforeGuard: number;
}

/** All that outputs need, in its order, and then the rest, in its own. */
function outputsFirst(program: Program): Pick<CommitOrder, 'program' | 'beforeGuard'> {
  if (program.guard === undefined) return { program, beforeGuard: program.nodes.length };
  const needed = new Set(ancestorsOf(program, Object.values(program.outputs)));
  const rest = program.nodes.filter((node) => !needed.has(node));
  return { program: { ...program, nodes: [...needed, ...rest] }, beforeGuard: needed.size };
}

/**
 * Arranges a program for an engine that commits its own updates: first what the outputs need, and with them the guard, then
 * the updates, each committed when nothing reads the old value any more. A step then holds one copy of parameters and moments
 * and a few tensors beside it, not two.
 */
export function commitOrder(original: Program): CommitOrder {
  const { program, beforeGuard } = outputsFirst(original);
  return { program, beforeGuard, ...planCommits(updateSequence(program, beforeGuard)) };
}

/** The nodes of a program, one by one, as steps. */
function updateSequence(program: Program, beforeGuard: number): UpdateSequence {
  const state = program.nodes.flatMap((node) =>
    node.kind === 'state' ? [[node.name, node.outputs[0]] as const] : [],
  );
  return {
    steps: program.nodes.map((node) => ({ name: labelOf(node), inputs: node.inputs, outputs: node.outputs })),
    beforeGuard: program.guard === undefined ? undefined : beforeGuard,
    state: new Map(state),
    updates: new Map(Object.entries(program.updates)),
    results: resultsOf(program),
  };
}

/**
 * Every fault of an order: nodes that are lost, an output that comes after the guard, and those that {@link commitFaults}
 * finds. An empty list means that it is right.
 */
export function commitOrderFaults(original: Program, order: CommitOrder): string[] {
  const { program, beforeGuard } = order;
  const faults: string[] = [];
  const kept = new Set(program.nodes);
  if (kept.size !== original.nodes.length || !original.nodes.every((node) => kept.has(node))) {
    faults.push('The nodes are not those of the program.');
  }
  if (program.guard !== undefined) {
    const defined = new Set(program.nodes.slice(0, beforeGuard).flatMap(({ outputs }) => [...outputs]));
    for (const [name, id] of Object.entries(program.outputs)) {
      if (!defined.has(id)) faults.push(`Output "${name}" comes after the guard.`);
    }
  }
  return [...faults, ...commitFaults(updateSequence(program, beforeGuard), order)];
}
