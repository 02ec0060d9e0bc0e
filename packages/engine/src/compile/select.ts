import { AttuneError, constantValues, opDefinition, type OpNode, type ValueId } from '@attune/core';
import type { RuleSet, Step } from '../steps/rule.js';
import type { RuleGraph } from '../steps/graph.js';

/** A step at its place in the program: that of its last node. */
export interface PlacedStep {
  readonly step: Step;
  /** For messages: the op it was chosen for. */
  readonly name: string;
  readonly position: number;
}

/** The steps that compute a program's results. */
export interface Selection {
  /** In order: those that the outputs need come first where there is a guard. */
  readonly steps: readonly PlacedStep[];
  /** How many of them are done when the guard is known. All, in a program without one. */
  readonly beforeGuard: number;
  /** Constants that steps read from memory. */
  readonly constants: readonly ValueId[];
}

/** Composite ops of a program that no rule computes as they are used there: each is to be replaced by its body. */
export interface Refusal {
  readonly refused: ReadonlySet<Pick<OpNode, 'op' | 'attrs'>>;
}

/**
 * Chooses steps for a program, from its results back to its inputs: the first rule that matches computes the value that is
 * asked for and names the values that it reads, which are asked for in turn. What a rule takes along is computed for its own
 * memory only if somebody else asks for it, too ("maximal munch", Cattell 1980, as compilers select instructions).
 *
 * @throws AttuneError BACKEND_FAILURE for an op that has neither a rule nor a body.
 */
export function selectSteps(graph: RuleGraph, rules: RuleSet): Selection | Refusal {
  const { program } = graph;
  const constantIds = constantValues(program);
  const constants = new Set<ValueId>();
  const computed = new Set<ValueId>();
  const refused = new Set<OpNode>();

  const stepsFor = (results: readonly ValueId[]): PlacedStep[] => {
    const chosen: PlacedStep[] = [];
    const pending = [...results];
    for (let asked = pending.pop(); asked !== undefined; asked = pending.pop()) {
      const id = graph.viewed(asked);
      if (computed.has(id) || constants.has(id)) continue;
      const node = graph.producer(id);
      if (node.kind !== 'op') continue;
      if (constantIds.has(id)) {
        constants.add(id);
        continue;
      }
      const step = first(rules.get(node.op) ?? [], (rule) => {
        const match = rule.match(graph, node);
        // One that would compute a value a second time, or another one of the node's only, does not apply.
        const applies = match?.outputs.includes(id) && !match.outputs.some((output) => computed.has(output));
        return applies ? match : undefined;
      });
      if (!step) {
        refuse(node);
        pending.push(...node.inputs);
        continue;
      }
      for (const output of step.outputs) computed.add(output);
      chosen.push({ step, name: node.op, position: graph.position(step.at ?? node) });
      pending.push(...step.inputs);
    }
    return inOrder(graph, chosen);
  };

  const refuse = (node: OpNode) => {
    if (!opDefinition(node.op).body)
      throw new AttuneError('BACKEND_FAILURE', `The engine has no rule for ${node.op} as it is used here.`);
    refused.add(node);
  };

  /** @throws AttuneError BACKEND_FAILURE if a step reads what a later one computes: a rule takes along too much. */
  const checked = (steps: readonly PlacedStep[]): readonly PlacedStep[] => {
    const there = new Set<ValueId>();
    for (const { step, name } of steps) {
      const missing = step.inputs.find(
        (id) => computed.has(graph.viewed(id)) && !there.has(graph.viewed(id)),
      );
      if (missing !== undefined)
        throw new AttuneError('BACKEND_FAILURE', `The step for ${name} reads value ${missing} too early.`);
      for (const id of step.outputs) there.add(id);
    }
    return steps;
  };

  const outputs = Object.values(program.outputs);
  const updates = Object.values(program.updates);
  const isGuarded = program.guard !== undefined;
  const before = stepsFor(isGuarded ? outputs : [...outputs, ...updates]);
  const after = isGuarded ? stepsFor(updates) : [];
  if (refused.size > 0) return { refused };
  return { steps: checked([...before, ...after]), beforeGuard: before.length, constants: [...constants] };
}

/** Steps by their position, each behind those that compute what it reads: one of several nodes may be needed before its own. */
function inOrder(graph: RuleGraph, steps: readonly PlacedStep[]): PlacedStep[] {
  const computing = new Map(steps.flatMap((placed) => placed.step.outputs.map((id) => [id, placed])));
  const result = new Set<PlacedStep>();
  const seen = new Set<PlacedStep>();
  const place = (placed: PlacedStep) => {
    if (seen.has(placed)) return;
    seen.add(placed);
    for (const id of placed.step.inputs) {
      const needed = computing.get(graph.viewed(id));
      if (needed) place(needed);
    }
    result.add(placed);
  };
  [...steps].sort((a, b) => a.position - b.position).forEach(place);
  return [...result];
}

function first<T, R>(items: readonly T[], map: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const result = map(item);
    if (result !== undefined) return result;
  }
  return undefined;
}
