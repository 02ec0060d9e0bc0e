import {
  AttuneError,
  bytesOf,
  planMemory,
  type HostTensor,
  type MemoryPlan,
  type StepSequence,
  type ValueId,
} from '@attune/core';
import type { Step } from '../steps/rule.js';
import { constantTensors } from './constants.js';
import type { RuleGraph } from '../steps/graph.js';
import type { PlacedStep, Selection } from './select.js';
import type { Place } from './tape-writer.js';
import { planUpdates, savedTensors, updateSequence } from './updates.js';

/** Slots of every tape: the arena of a run, the program's constants, and then the tensors of the state. */
const ARENA = 0;
const CONSTANTS = 1;
export const FIRST_STATE = 2;

/** Slots and values begin at multiples of this many bytes. */
const ALIGNMENT = 64;

/** The words of the six axes of `move`, of which only the last one is gone along. */
const lastAxis = (others: number, last: number) => [others, others, others, others, others, last];

/** A step that copies one value to another place: words, or the bytes of bools that make no whole words. */
function copyStep(from: ValueId, to: ValueId, bytes: number): PlacedStep {
  const step: Step = {
    inputs: [from],
    outputs: [to],
    emit: (tape) => {
      const places = [...tape.ref(from), ...tape.ref(to)];
      if (bytes % 4 === 0) tape.call('copy', [...places, bytes / 4]);
      else
        tape.call('move', [
          ...places,
          ...[0, 0, 1, 0],
          ...lastAxis(1, bytes),
          ...lastAxis(0, 1),
          ...lastAxis(0, 1),
        ]);
    },
  };
  return { step, name: 'copy', position: 0 };
}

/**
 * Where the values of a program lie: in the state, among its constants, or in the arena. Beside the values of the program
 * there are the temporaries of steps, and copies.
 */
export class MemoryLayout {
  /** All steps of a run, with those that copy: old values that are results first, updates that have no step of their own last. */
  readonly steps: readonly PlacedStep[];
  /** How many of them are done when the guard is known. */
  readonly beforeGuard: number;
  /** Values of each step's temporaries. */
  readonly temporaries: readonly (readonly ValueId[])[];
  readonly constants: readonly { readonly offset: number; readonly tensor: HostTensor }[];
  readonly constantBytes: number;
  readonly arenaBytes: number;

  private readonly bytes: number[];
  /** Slot of each tensor of the state. */
  private readonly slots: ReadonlyMap<string, number>;
  /** Places outside of the arena. */
  private readonly outside = new Map<ValueId, Place>();
  /** Copies of the state's old values. */
  private readonly copyOf = new Map<ValueId, ValueId>();
  private readonly plan: MemoryPlan;
  /** Values that lie in slots of their own, behind the state, instead of in the arena; `undefined` where they share it. */
  private readonly apart: ValueId[] | undefined;

  constructor(
    private readonly graph: RuleGraph,
    selection: Selection,
    apart = false,
  ) {
    this.apart = apart ? [] : undefined;
    const { program } = graph;
    this.bytes = program.values.map(bytesOf);
    this.slots = new Map(Object.keys(program.state).map((name, index) => [name, FIRST_STATE + index]));
    for (const node of program.nodes) {
      if (node.kind === 'state') this.putInState(node.outputs[0], node.name);
    }
    const saved = savedTensors(graph);
    const saving = program.nodes.flatMap((node) =>
      node.kind === 'state' && saved.has(node.name) ? [this.save(node.outputs[0])] : [],
    );
    const sequence = updateSequence(graph, selection, (id) => this.kept(id));
    const updates = planUpdates(graph, selection, sequence);
    for (const [id, name] of updates.inPlace) this.putInState(id, name);
    [this.constants, this.constantBytes] = this.putConstants(selection.constants);
    const copying = updates.copies.map(({ name, from }) => {
      const to = this.newValue(this.bytes[from]!);
      this.putInState(to, name);
      return copyStep(from, to, this.bytes[from]!);
    });
    this.steps = [...saving, ...selection.steps, ...copying];
    this.beforeGuard = saving.length + selection.beforeGuard;
    this.temporaries = this.steps.map(({ step }) =>
      (step.temporaries ?? []).map((bytes) => this.newValue(bytes)),
    );
    this.plan = planMemory(this.sequence(), { alignment: ALIGNMENT });
    this.arenaBytes = this.plan.bytes;
  }

  /** The part of the arena that holds gradients and new values of the state: it does not grow with the batch. */
  fixedBytes(): number {
    const sizes = new Set(Object.values(this.graph.program.state).map(bytesOf));
    const sequence = this.sequence();
    const bytes = new Map([...sequence.bytes].filter(([, length]) => sizes.has(length)));
    return planMemory({ ...sequence, bytes }, { alignment: ALIGNMENT }).bytes;
  }

  /** The place of a value as it is while a step runs that reads or writes it. */
  placeOf(id: ValueId): Place {
    const base = this.viewed(id);
    const place = this.outside.get(base);
    if (place) return place;
    const offset = this.plan.offsets.get(base);
    if (offset === undefined) {
      throw new AttuneError('BACKEND_FAILURE', `Value ${id} of "${this.graph.program.name}" has no place.`);
    }
    if (this.apart) return this.placeApart(base, this.apart);
    return { slot: ARENA, offset, bytes: this.bytes[base]! };
  }

  /** Bytes of the slots behind the state: of values that lie apart. */
  get apartBytes(): readonly number[] {
    return (this.apart ?? []).map((id) => this.bytes[id]!);
  }

  private placeApart(id: ValueId, apart: ValueId[]): Place {
    if (!apart.includes(id)) apart.push(id);
    return { slot: FIRST_STATE + this.slots.size + apart.indexOf(id), offset: 0, bytes: this.bytes[id]! };
  }

  /** The place of a result when the run is over. */
  placeOfResult(id: ValueId): Place {
    return this.placeOf(this.kept(this.graph.viewed(id)));
  }

  private viewed(id: ValueId): ValueId {
    return id < this.graph.program.values.length ? this.graph.viewed(id) : id;
  }

  /** A value, or the copy of it that outlives the updates. */
  private kept(id: ValueId): ValueId {
    return this.copyOf.get(id) ?? id;
  }

  /** A value beside those of the program. */
  private newValue(bytes: number): ValueId {
    return this.bytes.push(bytes) - 1;
  }

  private putInState(id: ValueId, name: string): void {
    this.outside.set(id, { slot: this.slots.get(name)!, offset: 0, bytes: this.bytes[id]! });
  }

  private putConstants(ids: readonly ValueId[]): [MemoryLayout['constants'], number] {
    let offset = 0;
    const constants = [...constantTensors(this.graph.program, ids)].map(([id, tensor]) => {
      const bytes = this.bytes[id]!;
      const place = { slot: CONSTANTS, offset, bytes };
      this.outside.set(id, place);
      offset += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
      return { offset: place.offset, tensor };
    });
    return [constants, offset];
  }

  private save(id: ValueId): PlacedStep {
    const copy = this.newValue(this.bytes[id]!);
    this.copyOf.set(id, copy);
    return copyStep(id, copy, this.bytes[id]!);
  }

  /** The steps as the memory planner sees them: views replaced by what they view. */
  private sequence(): StepSequence {
    const { program } = this.graph;
    const bytes = new Map<ValueId, number>();
    const note = (id: ValueId) => {
      if (!this.outside.has(id)) bytes.set(id, this.bytes[id]!);
    };
    const given = program.nodes.flatMap((node) => (node.kind === 'feed' ? [node.outputs[0]] : []));
    given.forEach(note);
    const steps = this.steps.map(({ step, name }, index) => {
      const outputs = [...step.outputs, ...this.temporaries[index]!];
      outputs.forEach(note);
      return {
        name,
        inputs: step.inputs.map((id) => this.viewed(id)),
        outputs,
        mayOverwrite: (input: number, output: number) =>
          output < step.outputs.length && step.mayOverwrite?.(input, output) === true,
      };
    });
    const results = Object.values(program.outputs).map((id) => this.kept(this.graph.viewed(id)));
    return { steps, bytes, given, results: results.filter((id) => !this.outside.has(id)) };
  }
}
