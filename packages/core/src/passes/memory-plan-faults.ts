import type { ValueId } from '../program/program.js';
import type { MemoryPlan, MemoryPlanOptions } from './plan-memory.js';
import type { StepSequence, SequenceStep } from './step-sequence.js';

/** A value that lies in the arena, and has not been overwritten. */
interface Content {
  readonly id: ValueId;
  readonly start: number;
  readonly end: number;
}

const overlaps = (a: Content, b: Content) => a.start < b.end && b.start < a.end;

/** Faults of where values lie: no place, out of bounds, out of line. */
function faultsOfPlaces(sequence: StepSequence, { bytes, offsets }: MemoryPlan, alignment: number): string[] {
  return [...sequence.bytes].flatMap(([id, length]) => {
    const offset = offsets.get(id);
    if (offset === undefined) return [`value ${id} has no place.`];
    const faults: string[] = [];
    if (offset < 0 || offset + length > bytes) faults.push(`value ${id} is out of the arena.`);
    if (offset % alignment !== 0) faults.push(`value ${id} is not aligned to ${alignment}.`);
    return faults;
  });
}

/**
 * Every fault of a plan, by replaying it: which value each step reads, and whether it is still there; what it overwrites,
 * and whether it may. It shares nothing with {@link planMemory}. An empty list means that a run which follows the plan never
 * reads what was overwritten.
 */
export function memoryPlanFaults(
  sequence: StepSequence,
  plan: MemoryPlan,
  { alignment = 64 }: MemoryPlanOptions = {},
): string[] {
  const faults = faultsOfPlaces(sequence, plan, alignment);
  const contentOf = (id: ValueId): Content => {
    const start = plan.offsets.get(id) ?? 0;
    return { id, start, end: start + (sequence.bytes.get(id) ?? 0) };
  };
  let contents: Content[] = sequence.given.filter((id) => sequence.bytes.has(id)).map(contentOf);
  contents.forEach((content, i) => {
    const other = contents.slice(0, i).find((earlier) => overlaps(earlier, content));
    if (other) faults.push(`values ${other.id} and ${content.id} are given in one place.`);
  });
  const isThere = (id: ValueId) => !sequence.bytes.get(id) || contents.some((content) => content.id === id);
  /** True if an output may be written where an input lies: in the very same place, by a step that allows it. */
  const mayWriteOver = (step: SequenceStep, input: number, output: number, own: Content, result: Content) =>
    own.start === result.start && step.mayOverwrite?.(input, output) === true;

  sequence.steps.forEach((step, index) => {
    const where = `step ${index} (${step.name})`;
    for (const id of new Set<ValueId>(step.inputs)) {
      if (!isThere(id)) faults.push(`${where} reads value ${id}, which was overwritten.`);
    }
    const written = step.outputs.filter((id) => sequence.bytes.has(id));
    for (const id of written) {
      const content = contentOf(id);
      step.inputs.forEach((inputId, input) => {
        if (!sequence.bytes.has(inputId)) return;
        const own = contentOf(inputId);
        if (!overlaps(own, content)) return;
        if (!mayWriteOver(step, input, step.outputs.indexOf(id), own, content))
          faults.push(`${where} overwrites value ${inputId} while it reads it.`);
      });
      contents = contents.filter((other) => !overlaps(other, content));
    }
    written.map(contentOf).forEach((content, i, all) => {
      const other = all.slice(0, i).find((earlier) => overlaps(earlier, content));
      if (other) faults.push(`${where} writes values ${other.id} and ${content.id} to one place.`);
      contents.push(content);
    });
  });
  for (const id of new Set(sequence.results)) {
    if (!isThere(id)) faults.push(`result ${id} was overwritten.`);
  }
  return faults;
}
