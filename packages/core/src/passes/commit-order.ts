import { resultsOf, type Program, type ValueId } from '../program/program.js';
import { ancestorsOf } from './ancestors.js';

/** An order of a program's work in which each tensor of the state is replaced as soon as its old value is done with. */
export interface CommitOrder {
  /** The same program, its nodes in another order where it has a guard. */
  readonly program: Program;
  /**
   * How many nodes compute the outputs, the guard among them. Those from there on compute updates only, and need not run
   * where the guard is false. All nodes, in a program without a guard.
   */
  readonly beforeGuard: number;
  /** For each node, the updates that may take effect when it is done: their values are there, the old ones read for the last time. */
  readonly commits: readonly (readonly string[])[];
  /** Updates that take effect together at the end: of a tensor whose old value is itself a result, e.g. two that change places. */
  readonly together: readonly string[];
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
  const { nodes, updates } = program;
  const definedAt = new Map<ValueId, number>();
  const lastReadAt = new Map<ValueId, number>();
  nodes.forEach((node, index) => {
    for (const id of node.outputs) definedAt.set(id, index);
    for (const id of node.inputs) lastReadAt.set(id, index);
  });
  const stateValues = new Map<string, ValueId>();
  for (const node of nodes) if (node.kind === 'state') stateValues.set(node.name, node.outputs[0]);

  const results = new Set(resultsOf(program));
  const inputs = new Set(stateValues.values());
  const commits: string[][] = nodes.map(() => []);
  const together: string[] = [];
  const earliest = program.guard === undefined ? 0 : beforeGuard - 1;
  for (const [name, id] of Object.entries(updates)) {
    const old = stateValues.get(name);
    if (inputs.has(id) || (old !== undefined && results.has(old))) {
      together.push(name);
      continue;
    }
    const done = old === undefined ? 0 : Math.max(lastReadAt.get(old) ?? 0, definedAt.get(old)!);
    commits[Math.max(definedAt.get(id)!, done, earliest)]!.push(name);
  }
  return { program, beforeGuard, commits, together };
}

/**
 * Every fault of an order: nodes that are lost, an update that takes effect before the guard is known, before its value is
 * there, while the old one is still read, twice or never. An empty list means that it is right.
 */
export function commitOrderFaults(original: Program, order: CommitOrder): string[] {
  const { program, beforeGuard, commits, together } = order;
  const faults: string[] = [];
  const kept = new Set(program.nodes);
  if (kept.size !== original.nodes.length || !original.nodes.every((node) => kept.has(node))) {
    faults.push('The nodes are not those of the program.');
  }
  const committed = [...commits.flat(), ...together];
  for (const name of Object.keys(program.updates)) {
    const times = committed.filter((other) => other === name).length;
    if (times !== 1) faults.push(`"${name}" takes effect ${times} times.`);
  }
  const replaced = new Set<string>();
  const nameOf = new Map<ValueId, string>();
  const defined = new Set<ValueId>();
  program.nodes.forEach((node, index) => {
    for (const id of node.inputs) {
      const name = nameOf.get(id);
      if (name !== undefined && replaced.has(name))
        faults.push(`Node ${index} reads "${name}" after it was replaced.`);
      if (!defined.has(id)) faults.push(`Node ${index} reads value ${id} before it is computed.`);
    }
    if (node.kind === 'state') {
      if (replaced.has(node.name)) faults.push(`Node ${index} reads "${node.name}" after it was replaced.`);
      nameOf.set(node.outputs[0], node.name);
    }
    for (const id of node.outputs) defined.add(id);
    for (const name of commits[index] ?? []) {
      replaced.add(name);
      if (!defined.has(program.updates[name]!))
        faults.push(`"${name}" takes effect before its value is there.`);
      if (program.guard !== undefined && index < beforeGuard - 1) {
        faults.push(`"${name}" takes effect before the guard is known.`);
      }
    }
    if (index === beforeGuard - 1) {
      for (const [name, id] of Object.entries(program.outputs)) {
        if (program.guard !== undefined && !defined.has(id))
          faults.push(`Output "${name}" comes after the guard.`);
      }
    }
  });
  // What is a result is handed over at the end: it must not be the old value of a tensor that was replaced before.
  for (const id of resultsOf(program)) {
    const name = nameOf.get(id);
    if (name !== undefined && replaced.has(name))
      faults.push(`The old "${name}" is a result, but was replaced.`);
  }
  return faults;
}
