import type { ValueId } from '@attune/core';
import type { Step } from '../steps/rule.js';
import type { RuleGraph } from '../steps/graph.js';
import type { Selection } from './select.js';

/** How the updates of a program come about. */
export interface UpdatePlan {
  /** Values that lie in a tensor of the state from the step on that computes them. */
  readonly inPlace: ReadonlyMap<ValueId, string>;
  /** Updates that are copied into their tensors when all steps are done, in this order. */
  readonly copies: readonly { readonly name: string; readonly from: ValueId }[];
  /** Tensors of the state whose old values are results, and have to be saved before anything is updated. */
  readonly saved: ReadonlySet<string>;
}

/** For each tensor of the state, the last step that reads it. */
function lastReads(graph: RuleGraph, steps: Selection['steps']): Map<string, number> {
  const last = new Map<string, number>();
  steps.forEach(({ step }, index) => {
    for (const id of step.inputs) {
      const node = graph.producer(graph.viewed(id));
      if (node.kind === 'state') last.set(node.name, index);
    }
  });
  return last;
}

/** True if a step may write an output where the tensor lies that it replaces. */
function mayReplace(graph: RuleGraph, step: Step, name: string, output: number): boolean {
  return step.inputs.every((id, input) => {
    const node = graph.producer(graph.viewed(id));
    return node.kind !== 'state' || node.name !== name || step.mayOverwrite?.(input, output) === true;
  });
}

/**
 * Decides which updates are computed in place: where a step replaces a tensor of the state that it is the last to read, once
 * the guard is known. The others are computed beside it, and copied at the end.
 */
export function planUpdates(graph: RuleGraph, { steps, beforeGuard }: Selection): UpdatePlan {
  const { updates, outputs, guard } = graph.program;
  const last = lastReads(graph, steps);
  const producing = new Map<ValueId, { readonly index: number; readonly output: number }>();
  steps.forEach(({ step }, index) =>
    step.outputs.forEach((id, output) => producing.set(id, { index, output })),
  );
  const uses = new Map<ValueId, number>();
  for (const id of [...Object.values(updates), ...Object.values(outputs)].map((id) => graph.viewed(id)))
    uses.set(id, (uses.get(id) ?? 0) + 1);

  const inPlace = new Map<ValueId, string>();
  const copies: { name: string; from: ValueId }[] = [];
  const saved = new Set<string>();
  for (const id of uses.keys()) {
    const node = graph.producer(id);
    if (node.kind === 'state' && node.name in updates) saved.add(node.name);
  }
  for (const [name, update] of Object.entries(updates)) {
    const id = graph.viewed(update);
    const made = producing.get(id);
    const isInPlace =
      made !== undefined &&
      uses.get(id) === 1 &&
      made.index >= (guard === undefined ? 0 : beforeGuard) &&
      (last.get(name) ?? -1) <= made.index &&
      mayReplace(graph, steps[made.index]!.step, name, made.output);
    if (isInPlace) inPlace.set(id, name);
    else copies.push({ name, from: id });
  }
  return { inPlace, copies, saved };
}
