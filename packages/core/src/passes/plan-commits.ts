import type { ValueId } from '../program/program.js';
import type { SequenceStep } from './step-sequence.js';

/** Steps in their order, and the tensors of the state that their values replace. */
export interface UpdateSequence {
  readonly steps: readonly Pick<SequenceStep, 'name' | 'inputs' | 'outputs'>[];
  /** How many of them are done when the guard is known; `undefined` where there is none. */
  readonly beforeGuard: number | undefined;
  /** The value that each tensor of the state has before the run. */
  readonly state: ReadonlyMap<string, ValueId>;
  /** The value that replaces each tensor. */
  readonly updates: ReadonlyMap<string, ValueId>;
  /** Values that are handed over when the run is over, those of updates among them. */
  readonly results: readonly ValueId[];
}

/** When updates take effect. */
export interface CommitPlan {
  /** For each step, the updates that may take effect when it is done: their values are there, the old ones read for the last time. */
  readonly commits: readonly (readonly string[])[];
  /**
   * Updates that take effect together at the end: of a tensor whose old value is itself a result, e.g. two that change places,
   * and those whose value no step computes.
   */
  readonly together: readonly string[];
}

/** Finds the first moment at which each update may take effect. {@link commitFaults} checks a plan. */
export function planCommits({ steps, beforeGuard, state, updates, results }: UpdateSequence): CommitPlan {
  const definedAt = new Map<ValueId, number>();
  const lastUsedAt = new Map<ValueId, number>();
  steps.forEach(({ inputs, outputs }, index) => {
    for (const id of outputs) definedAt.set(id, index);
    for (const id of [...inputs, ...outputs]) lastUsedAt.set(id, index);
  });
  const handedOver = new Set(results);
  const old = new Set(state.values());
  const commits: string[][] = steps.map(() => []);
  const together: string[] = [];
  for (const [name, id] of updates) {
    const before = state.get(name);
    const defined = old.has(id) ? undefined : definedAt.get(id);
    if (defined === undefined || (before !== undefined && handedOver.has(before))) {
      together.push(name);
      continue;
    }
    const lastUsed = before === undefined ? 0 : (lastUsedAt.get(before) ?? 0);
    commits[Math.max(defined, lastUsed, (beforeGuard ?? 0) - 1)]!.push(name);
  }
  return { commits, together };
}

/**
 * Every fault of a plan, by replaying it: an update that takes effect before the guard is known, before its value is there,
 * while the old one is still read, twice or never. An empty list means that it is right.
 */
export function commitFaults(sequence: UpdateSequence, { commits, together }: CommitPlan): string[] {
  const { steps, beforeGuard = 0, state, updates, results } = sequence;
  const faults: string[] = [];
  const committed = [...commits.flat(), ...together];
  for (const name of updates.keys()) {
    const times = committed.filter((other) => other === name).length;
    if (times !== 1) faults.push(`"${name}" takes effect ${times} times.`);
  }
  const nameOf = new Map([...state].map(([name, id]) => [id, name]));
  const replaced = new Set<string>();
  const pending = new Set(steps.flatMap(({ outputs }) => outputs));
  const wasReplaced = (id: ValueId) => replaced.has(nameOf.get(id) ?? '');
  steps.forEach(({ name: step, inputs, outputs }, index) => {
    const where = `Step ${index} (${step})`;
    for (const id of new Set([...inputs, ...outputs])) {
      if (wasReplaced(id)) faults.push(`${where} reads "${nameOf.get(id)}" after it was replaced.`);
    }
    for (const id of inputs) {
      if (pending.has(id)) faults.push(`${where} reads value ${id} before it is computed.`);
    }
    for (const id of outputs) pending.delete(id);
    for (const name of commits[index] ?? []) {
      replaced.add(name);
      if (pending.has(updates.get(name)!)) faults.push(`"${name}" takes effect before its value is there.`);
      if (index < beforeGuard - 1) faults.push(`"${name}" takes effect before the guard is known.`);
    }
  });
  // What is a result is handed over at the end: it must not be the old value of a tensor that was replaced before.
  for (const id of new Set(results)) {
    if (wasReplaced(id)) faults.push(`The old "${nameOf.get(id)}" is a result, but was replaced.`);
  }
  return faults;
}
