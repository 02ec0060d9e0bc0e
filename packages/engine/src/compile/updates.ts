import { planCommits, type UpdateSequence, type ValueId } from '@attune/core';
import type { Step } from '../steps/rule.js';
import type { RuleGraph } from '../steps/graph.js';
import type { Selection } from './select.js';

/** How the updates of a program come about. */
export interface UpdatePlan {
  /** Values that lie in a tensor of the state from the step on that computes them. */
  readonly inPlace: ReadonlyMap<ValueId, string>;
  /** Updates that are copied into their tensors when all steps are done, in this order. */
  readonly copies: readonly { readonly name: string; readonly from: ValueId }[];
}

/** Tensors of the state whose old values are results, and have to be saved before anything is updated. */
export function savedTensors(graph: RuleGraph): ReadonlySet<string> {
  const { updates, outputs } = graph.program;
  const results = [...Object.values(updates), ...Object.values(outputs)];
  const names = results.flatMap((id) => {
    const node = graph.producer(graph.viewed(id));
    return node.kind === 'state' && node.name in updates ? [node.name] : [];
  });
  return new Set(names);
}

/**
 * The steps of a program and the state that they replace, in values that take memory.
 *
 * @param kept the copy of a value that is saved, or else the value itself.
 */
export function updateSequence(
  graph: RuleGraph,
  { steps, beforeGuard }: Selection,
  kept: (id: ValueId) => ValueId,
): UpdateSequence {
  const { program } = graph;
  const viewed = (id: ValueId) => graph.viewed(id);
  const state = program.nodes.flatMap((node) =>
    node.kind === 'state' ? [[node.name, node.outputs[0]] as const] : [],
  );
  const updates = Object.entries(program.updates).map(([name, id]) => [name, kept(viewed(id))] as const);
  const outputs = Object.values(program.outputs).map((id) => kept(viewed(id)));
  return {
    steps: steps.map(({ step, name }) => ({ name, inputs: step.inputs.map(viewed), outputs: step.outputs })),
    beforeGuard: program.guard === undefined ? undefined : beforeGuard,
    state: new Map(state),
    updates: new Map(updates),
    results: [...outputs, ...updates.map(([, id]) => id)],
  };
}

/** True if a step may write an output where a value lies, wherever it reads that. */
function mayReplace(graph: RuleGraph, step: Step, old: ValueId | undefined, output: number): boolean {
  return step.inputs.every(
    (id, input) => graph.viewed(id) !== old || step.mayOverwrite?.(input, output) === true,
  );
}

/**
 * Decides which updates are computed in place: those that may take effect as soon as their step is done, if the guard is known
 * before it and it may overwrite what it reads. The others are computed beside their tensors, and copied at the end.
 */
export function planUpdates(graph: RuleGraph, selection: Selection, sequence: UpdateSequence): UpdatePlan {
  const { commits } = planCommits(sequence);
  const uses = new Map<ValueId, number>();
  for (const id of sequence.results) uses.set(id, (uses.get(id) ?? 0) + 1);
  const inPlace = new Map<ValueId, string>();
  selection.steps.forEach(({ step }, index) => {
    if (index < (sequence.beforeGuard ?? 0)) return;
    for (const name of commits[index]!) {
      const id = sequence.updates.get(name)!;
      const output = step.outputs.indexOf(id);
      if (output >= 0 && uses.get(id) === 1 && mayReplace(graph, step, sequence.state.get(name), output))
        inPlace.set(id, name);
    }
  });
  const copies = [...sequence.updates].flatMap(([name, from]) =>
    inPlace.get(from) === name ? [] : [{ name, from }],
  );
  return { inPlace, copies };
}
