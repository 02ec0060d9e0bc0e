import {
  AttuneError,
  bytesOf,
  planMemory,
  type HostTensor,
  type OpName,
  type Program,
  type SequenceStep,
  type StepSequence,
  type TensorSpec,
  type ValueId,
} from '@attune/core';
import type { KernelInfo } from '../host/host.js';
import type { Rule, Step } from '../rules/rule.js';
import { constantTensors } from './constants.js';
import { RuleGraph } from './graph.js';
import { selectSteps, type PlacedStep } from './select.js';
import { simplify } from './simplify.js';
import { TapeWriter, type Place } from './tape-writer.js';
import { planUpdates } from './updates.js';

/** Slots of every tape: the arena of a run, the program's constants, and then the tensors of the state. */
export const ARENA = 0;
export const CONSTANTS = 1;
export const FIRST_STATE = 2;

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
  /** The part of the arena that holds gradients and new values of the state: it does not grow with the batch. */
  readonly fixedBytes: number;
  readonly constantBytes: number;
  readonly constants: readonly { readonly offset: number; readonly tensor: HostTensor }[];
  readonly feeds: Readonly<Record<string, PlacedTensor>>;
  readonly outputs: Readonly<Record<string, PlacedTensor>>;
  /** The steps, in order: for people, and profiles. */
  readonly steps: readonly string[];
}

const ALIGNMENT = 64;

/** A step that copies one value to another place. */
function copyStep(from: ValueId, to: ValueId, bytes: number): Step {
  return {
    inputs: [from],
    outputs: [to],
    emit: (tape) =>
      bytes % 4 === 0
        ? tape.call('copy', [...tape.ref(from), ...tape.ref(to), bytes / 4])
        : tape.call('copyBytes', [...tape.ref(from), ...tape.ref(to), bytes]),
  };
}

/**
 * Compiles a program: chooses steps for its nodes, gives every value a place, and writes the tape.
 *
 * @throws AttuneError BACKEND_FAILURE where there is no rule or kernel for a node.
 */
export function compileTape(
  original: Program,
  rules: ReadonlyMap<OpName, readonly Rule[]>,
  kernels: readonly KernelInfo[],
): CompiledTape {
  const program = simplify(original);
  const graph = new RuleGraph(program);
  const selection = selectSteps(graph, rules);
  const updates = planUpdates(graph, selection);
  const bytesOfId = new Map<ValueId, number>(program.values.map((spec, id) => [id, bytesOf(spec)]));
  let nextId = program.values.length;
  /** A value beside those of the program. */
  const newValue = (bytes: number): ValueId => {
    bytesOfId.set(nextId, bytes);
    return nextId++;
  };

  // What lies where, but for the arena.
  const fixed = new Map<ValueId, Place>();
  const names = Object.keys(program.state);
  const slotOf = new Map(names.map((name, index) => [name, FIRST_STATE + index]));
  const inState = (name: string, bytes: number): Place => ({ slot: slotOf.get(name)!, offset: 0, bytes });
  const given: ValueId[] = [];
  for (const node of program.nodes) {
    if (node.kind === 'state')
      fixed.set(node.outputs[0], inState(node.name, bytesOfId.get(node.outputs[0])!));
    else if (node.kind === 'feed') given.push(node.outputs[0]);
  }
  for (const [id, name] of updates.inPlace) fixed.set(id, inState(name, bytesOfId.get(id)!));
  const constants: { offset: number; tensor: HostTensor }[] = [];
  let constantBytes = 0;
  for (const [id, tensor] of constantTensors(program, selection.constants)) {
    const bytes = bytesOfId.get(id)!;
    fixed.set(id, { slot: CONSTANTS, offset: constantBytes, bytes });
    constants.push({ offset: constantBytes, tensor });
    constantBytes += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  }

  // Old values of the state that are results are saved before anything is updated, other updates copied at the end.
  const copyOf = new Map<ValueId, ValueId>();
  const saving: PlacedStep[] = [];
  for (const node of program.nodes) {
    if (node.kind !== 'state' || !updates.saved.has(node.name)) continue;
    const [id] = node.outputs;
    const copy = newValue(bytesOfId.get(id)!);
    copyOf.set(id, copy);
    saving.push({ step: copyStep(id, copy, bytesOfId.get(id)!), name: 'copy', position: -1 });
  }
  const isHeld = (id: ValueId): ValueId => copyOf.get(id) ?? id;
  const copying: PlacedStep[] = updates.copies.map(({ name, from }) => {
    const bytes = bytesOfId.get(from)!;
    const to = newValue(bytes);
    fixed.set(to, inState(name, bytes));
    return { step: copyStep(isHeld(from), to, bytes), name: 'copy', position: Infinity };
  });

  const steps = [...saving, ...selection.steps, ...copying];
  const temporaries = steps.map(({ step }) => (step.temporaries ?? []).map(newValue));
  const sequence = sequenceOf();
  const plan = planMemory(sequence, { alignment: ALIGNMENT });
  const placeOf = (id: ValueId): Place => {
    const base = id < program.values.length ? graph.viewed(id) : id;
    const place = fixed.get(base);
    if (place) return place;
    const offset = plan.offsets.get(base);
    if (offset === undefined)
      throw new AttuneError('BACKEND_FAILURE', `Value ${id} of "${program.name}" has no place.`);
    return { slot: ARENA, offset, bytes: bytesOfId.get(base)! };
  };

  const writer = new TapeWriter(kernels);
  const guardAt = saving.length + selection.beforeGuard;
  steps.forEach(({ step }, index) => {
    if (index === guardAt) writeGuard();
    writer.step(step, placeOf, temporaries[index]!.map(placeOf));
  });
  if (guardAt >= steps.length) writeGuard();
  const results = Object.entries(program.outputs).map(([name, id]) => {
    const place = placeOf(isHeld(graph.viewed(id)));
    return [name, { ...place, spec: program.values[id]! }] as const;
  });
  const feeds = program.nodes.flatMap((node) =>
    node.kind === 'feed'
      ? [[node.name, { ...placeOf(node.outputs[0]), spec: program.values[node.outputs[0]]! }] as const]
      : [],
  );
  return {
    tape: writer.finish(),
    state: names,
    arenaBytes: plan.bytes,
    fixedBytes: planMemory(onlyOfState(sequence), { alignment: ALIGNMENT }).bytes,
    constantBytes,
    constants,
    feeds: Object.fromEntries(feeds),
    outputs: Object.fromEntries(results),
    steps: steps.map(({ name }) => name),
  };

  /** The values that are as large as some tensor of the state. */
  function onlyOfState(all: StepSequence): StepSequence {
    const sizes = new Set(Object.values(program.state).map(bytesOf));
    return { ...all, bytes: new Map([...all.bytes].filter(([, bytes]) => sizes.has(bytes))) };
  }

  function writeGuard(): void {
    if (program.guard !== undefined)
      writer.guard(placeOf(isHeld(graph.viewed(program.outputs[program.guard]!))));
  }

  /** The steps as the memory planner sees them: views replaced by what they view. */
  function sequenceOf(): StepSequence {
    const inArena = (id: ValueId) => !fixed.has(id);
    const viewed = (id: ValueId) => (id < program.values.length ? graph.viewed(id) : id);
    const bytes = new Map<ValueId, number>();
    const note = (id: ValueId) => {
      if (inArena(id)) bytes.set(id, bytesOfId.get(id)!);
    };
    given.forEach(note);
    const sequenceSteps: SequenceStep[] = steps.map(({ step, name }, index) => {
      const outputs = [...step.outputs, ...temporaries[index]!];
      outputs.forEach(note);
      return {
        name,
        inputs: step.inputs.map(viewed),
        outputs,
        mayOverwrite: (input, output) =>
          output < step.outputs.length && step.mayOverwrite?.(input, output) === true,
      };
    });
    const kept = Object.values(program.outputs).map((id) => isHeld(graph.viewed(id)));
    return { steps: sequenceSteps, bytes, given, results: kept.filter(inArena) };
  }
}
