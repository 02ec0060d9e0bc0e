import { decompose, type HostTensor, type Program, type TensorSpec, type ValueId } from '@attune/core';
import type { KernelInfo } from '../host/host.js';
import type { RuleSet } from '../steps/rule.js';
import { RuleGraph } from '../steps/graph.js';
import { MemoryLayout } from './memory-layout.js';
import { selectSteps, type Selection } from './select.js';
import { simplify } from './simplify.js';
import { TapeWriter, type Place } from './tape-writer.js';

/** A place, and the tensor that lies there. */
export interface PlacedTensor extends Place {
  readonly spec: TensorSpec;
}

/** A program, ready to be run by a host. */
export interface CompiledTape {
  readonly tape: Int32Array;
  /** Names of the tensors of the state, in the order of their slots. */
  readonly state: readonly string[];
  readonly arenaBytes: number;
  /** The part of the arena that holds gradients and new values of the state: it does not grow with the batch. Planned when asked for. */
  fixedBytes(): number;
  /** Bytes of the slots behind the state: of values that lie apart, instead of in the arena. */
  readonly apartBytes: readonly number[];
  readonly constantBytes: number;
  readonly constants: readonly { readonly offset: number; readonly tensor: HostTensor }[];
  readonly feeds: Readonly<Record<string, PlacedTensor>>;
  readonly outputs: Readonly<Record<string, PlacedTensor>>;
  /** The steps, in order: for people, and profiles. */
  readonly steps: readonly string[];
}

/** How a program is compiled. */
export interface CompileOptions {
  /**
   * Gives every value a slot of its own, so that a kernel that reaches beyond one is seen by a host that watches its memory.
   * For tests: it takes as much memory as all values together.
   */
  readonly apart?: boolean;
}

/** Writes the steps of a layout, and the guard between those that the outputs need and the updates. */
function writeTape(program: Program, layout: MemoryLayout, kernels: readonly KernelInfo[]): Int32Array {
  const writer = new TapeWriter(kernels);
  const placeOf = (id: ValueId) => layout.placeOf(id);
  layout.steps.forEach(({ step }, index) => {
    if (index === layout.beforeGuard) writeGuard();
    writer.step(step, placeOf, layout.temporaries[index]!.map(placeOf));
  });
  if (layout.beforeGuard === layout.steps.length) writeGuard();
  return writer.finish();

  function writeGuard(): void {
    if (program.guard !== undefined) writer.guard(layout.placeOfResult(program.outputs[program.guard]!));
  }
}

/** Chooses steps for a program. A composite op that no rule computes as it is used, such as attention of very wide heads, is decomposed. */
function choose(program: Program, rules: RuleSet): { graph: RuleGraph; selection: Selection } {
  const graph = new RuleGraph(simplify(program));
  const selection = selectSteps(graph, rules);
  if (!('refused' in selection)) return { graph, selection };
  const { refused } = selection;
  return choose(
    decompose(graph.program, (node) => refused.has(node) || !rules.has(node.op)),
    rules,
  );
}

/**
 * Compiles a program: chooses steps for its nodes, gives every value a place, and writes the tape.
 *
 * @throws AttuneError BACKEND_FAILURE where there is no rule or kernel for a node.
 */
export function compileTape(
  original: Program,
  rules: RuleSet,
  kernels: readonly KernelInfo[],
  { apart = false }: CompileOptions = {},
): CompiledTape {
  const { graph, selection } = choose(original, rules);
  const { program } = graph;
  const layout = new MemoryLayout(graph, selection, apart);
  const feeds = program.nodes.flatMap((node) =>
    node.kind === 'feed' ? [[node.name, node.outputs[0], layout.placeOf(node.outputs[0])] as const] : [],
  );
  const outputs = Object.entries(program.outputs).map(
    ([name, id]) => [name, id, layout.placeOfResult(id)] as const,
  );
  const placed = (places: readonly (readonly [string, ValueId, Place])[]) =>
    Object.fromEntries(places.map(([name, id, place]) => [name, { ...place, spec: program.values[id]! }]));
  const { arenaBytes, constants, constantBytes, steps } = layout;
  const tape = writeTape(program, layout, kernels);
  return {
    tape,
    state: Object.keys(program.state),
    ...{ arenaBytes, constants, constantBytes, apartBytes: layout.apartBytes },
    fixedBytes: () => layout.fixedBytes(),
    feeds: placed(feeds),
    outputs: placed(outputs),
    steps: steps.map(({ name }) => name),
  };
}
