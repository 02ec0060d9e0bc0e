import type { ValueId } from '../program/program.js';
import type { StepSequence } from './step-sequence.js';

/** Where the values of a sequence lie in one block of memory. */
export interface MemoryPlan {
  /** Length of the arena: the most that has to be allocated for a run. */
  readonly bytes: number;
  /** First byte of each value that needs a place. */
  readonly offsets: ReadonlyMap<ValueId, number>;
}

/** Options of {@link planMemory}. */
export interface MemoryPlanOptions {
  /** Offsets are multiples of this. Default: 64, a cache line. */
  readonly alignment?: number;
}

/** A stretch of memory, used by one value after the other, and when: from the step that writes it to the last that reads it. */
interface Block {
  readonly bytes: number;
  readonly start: number;
  end: number;
  offset: number;
}

const roundedUp = (bytes: number, alignment: number) => Math.ceil(bytes / alignment) * alignment;

/** For each value, the last step that reads it: beyond the end for results, its own step for what nobody reads. */
function lastReads({ steps, results }: StepSequence): Map<ValueId, number> {
  const last = new Map<ValueId, number>();
  steps.forEach(({ inputs, outputs }, index) => {
    for (const id of [...outputs, ...inputs]) last.set(id, index);
  });
  for (const id of results) last.set(id, steps.length);
  return last;
}

/** The block that each value lies in. */
function blocksOf(sequence: StepSequence, alignment: number): Map<ValueId, Block> {
  const blockOf = new Map<ValueId, Block>();
  const last = lastReads(sequence);
  const bytes = (id: ValueId) => roundedUp(sequence.bytes.get(id)!, alignment);
  for (const id of sequence.given) {
    if (sequence.bytes.has(id))
      blockOf.set(id, { bytes: bytes(id), start: -1, end: last.get(id) ?? -1, offset: 0 });
  }
  sequence.steps.forEach((step, index) => {
    /** The block of an input that dies here, and that an output may take over. */
    const takenOver = (output: number): Block | undefined => {
      const id = step.outputs[output]!;
      for (const [input, other] of step.inputs.entries()) {
        const block = blockOf.get(other);
        if (block?.end !== index || block.bytes !== bytes(id)) continue;
        if (step.mayOverwrite?.(input, output) && isOnlyReadAt(step.inputs, other, output, step))
          return block;
      }
      return undefined;
    };
    step.outputs.forEach((id, output) => {
      if (!sequence.bytes.has(id)) return;
      const block = takenOver(output) ?? { bytes: bytes(id), start: index, end: index, offset: 0 };
      // From here on it lives for this value: no other output of the step finds it dying.
      block.end = Math.max(last.get(id)!, index + 0.5);
      blockOf.set(id, block);
    });
    for (const id of step.outputs) {
      const block = blockOf.get(id);
      if (block) block.end = last.get(id)!;
    }
  });
  return blockOf;
}

/** True if a step may overwrite a value wherever it reads it: the same value may be two of its inputs. */
function isOnlyReadAt(
  inputs: readonly ValueId[],
  id: ValueId,
  output: number,
  step: StepSequence['steps'][number],
): boolean {
  return inputs.every((other, input) => other !== id || step.mayOverwrite?.(input, output));
}

/**
 * Gives each block the lowest place that is free while it lives, the largest blocks first. Returns the length of all.
 *
 * Source: "greedy by size", Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020).
 */
function place(blocks: Iterable<Block>): number {
  const placed: Block[] = [];
  let total = 0;
  for (const block of [...blocks].sort((a, b) => b.bytes - a.bytes || a.start - b.start)) {
    let offset = 0;
    // In order of their places: the first gap that is wide enough is the lowest.
    for (const other of placed) {
      if (other.end < block.start || block.end < other.start) continue;
      if (offset + block.bytes <= other.offset) break;
      offset = Math.max(offset, other.offset + other.bytes);
    }
    block.offset = offset;
    total = Math.max(total, offset + block.bytes);
    const at = placed.findIndex((other) => other.offset > offset);
    placed.splice(at < 0 ? placed.length : at, 0, block);
  }
  return total;
}

/**
 * Plans the memory of a run: every value of a sequence gets a place in one arena, which it shares with values that are not
 * alive at the same time. An output may take the place of an input that dies. Results live to the end of the run.
 * {@link memoryPlanFaults} checks a plan by replaying it.
 */
export function planMemory(sequence: StepSequence, { alignment = 64 }: MemoryPlanOptions = {}): MemoryPlan {
  const blockOf = blocksOf(sequence, alignment);
  const bytes = place(new Set(blockOf.values()));
  return { bytes, offsets: new Map([...blockOf].map(([id, { offset }]) => [id, offset])) };
}
