import {
  decompose,
  GraphBuilder,
  opNodes,
  type Capabilities,
  type OpName,
  type OpNode,
  type Program,
} from '@attune/core';
import { stepPhases, type PhaseNode, type StepPhase } from './step-phases.js';

/** How a backend computes an op: with a kernel, as a composition of other ops, or not at all. */
export type Support = 'native' | 'composed' | 'missing';

/** An op of a step on a backend. */
export interface SupportedOp {
  readonly op: OpName;
  readonly support: Support;
  /** Nodes of the step that apply it. */
  readonly counts: Readonly<Record<StepPhase, number>>;
  /** The ops that a composed one is replaced by. */
  readonly composedOf: readonly OpName[];
  /** Why it cannot be computed: the ops that are lacking, each with the backend's reason. */
  readonly lacks: readonly string[];
}

/** A program that is one node of another. */
function programOf(program: Program, { op, attrs, inputs }: OpNode): Program {
  const g = new GraphBuilder(op);
  const feeds = inputs.map((id, i) => g.feed(`input${i}`, program.values[id]!));
  g.applyAll(op, feeds, attrs).forEach((output, i) => g.output(`output${i}`, output));
  return g.build();
}

/** The ops that a backend runs for a node, as its programs are legalised. */
function legalOps({ program, node }: PhaseNode, native: ReadonlySet<OpName>): OpName[] {
  if (native.has(node.op)) return [node.op];
  const legal = decompose(programOf(program, node), ({ op }) => !native.has(op));
  return [...new Set(opNodes(legal).map(({ op }) => op))];
}

/** Nodes that the same ops are run for have the same key. */
const keyOf = ({ program, node }: PhaseNode) =>
  JSON.stringify([node.attrs, node.inputs.map((id) => program.values[id])]);

/**
 * The ops of a step on a backend: what it has kernels for, what is composed, and what is missing, so that a run would fail.
 * In the order of the step.
 */
export function opSupport(
  nodes: readonly PhaseNode[],
  { native: names, unsupported }: Pick<Capabilities, 'native' | 'unsupported'>,
): readonly SupportedOp[] {
  const native = new Set(names);
  const byOp = new Map<OpName, PhaseNode[]>();
  for (const one of nodes) byOp.set(one.node.op, [...(byOp.get(one.node.op) ?? []), one]);
  return [...byOp].map(([op, all]) => {
    const distinct = new Map(native.has(op) ? [] : all.map((one) => [keyOf(one), one]));
    const run = new Set([...distinct.values()].flatMap((one) => legalOps(one, native)));
    const missing = [...run].filter((name) => !native.has(name));
    const counts = Object.fromEntries(
      stepPhases.map((phase) => [phase, all.filter((one) => one.phase === phase).length]),
    ) as Record<StepPhase, number>;
    return {
      ...{ op, counts },
      support: native.has(op) ? 'native' : missing.length > 0 ? 'missing' : 'composed',
      composedOf: [...run],
      lacks: missing.map((name) => `${name} (${unsupported[name] ?? 'no kernel'})`),
    };
  });
}
