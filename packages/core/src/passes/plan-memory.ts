import type { OpName } from '../ops/table.js';
import { resultsOf, type OpNode, type Program, type ValueId } from '../program/program.js';
import { bytesOf, sameShape } from '../tensor/index.js';
import { elementwiseOps } from './elementwise.js';

/** Where the values of a program lie in one block of memory. */
export interface MemoryPlan {
  /** Length of the arena: the most that has to be allocated for a run. */
  readonly bytes: number;
  /** First byte of each value; `undefined` for one that lies in the state's own memory. */
  readonly offsets: readonly (number | undefined)[];
}

/** Options of {@link planMemory}. */
export interface MemoryPlanOptions {
  /** Offsets are multiples of this. Default: 64, a cache line. */
  readonly alignment?: number;
  /**
   * True if the op may write its result over its `input`-th input, whose memory has the same length: it reads an element
   * before it writes it, and never again. Default: elementwise ops, on an input of the result's own shape.
   */
  readonly mayOverwrite?: (node: OpNode, input: number) => boolean;
}

/** Ops whose result is their first input under another name or shape: it needs no memory of its own. */
const views: ReadonlySet<OpName> = new Set(['reshape', 'stopGradient', 'barrier']);

/** True if a node's result lies where its first input lies. */
export const isView = ({ op }: Pick<OpNode, 'op'>): boolean => views.has(op);

/** Elementwise ops read what they overwrite at the same place. */
export function overwritesSafely(program: Program): NonNullable<MemoryPlanOptions['mayOverwrite']> {
  const spec = (id: ValueId) => program.values[id]!;
  return (node, input) =>
    elementwiseOps.has(node.op) && sameShape(spec(node.inputs[input]!).shape, spec(node.outputs[0]!).shape);
}

/** A stretch of memory, used by one value after the other, and when: from the node that writes it to the last that reads it. */
interface Block {
  readonly bytes: number;
  readonly start: number;
  end: number;
  offset: number;
}

const roundedUp = (bytes: number, alignment: number) => Math.ceil(bytes / alignment) * alignment;

/** For each value, the last node that reads it: beyond the end for results, its own node for what nobody reads. */
function lastReads(program: Program): number[] {
  const last = program.values.map(() => -1);
  program.nodes.forEach((node, index) => {
    for (const id of [...node.outputs, ...node.inputs]) last[id] = index;
  });
  for (const id of resultsOf(program)) last[id] = program.nodes.length;
  return last;
}

/** The blocks of a program, and the one that each value lies in. */
function blocksOf(program: Program, { alignment = 64, mayOverwrite }: MemoryPlanOptions) {
  const blocks: Block[] = [];
  const blockOf: (Block | undefined)[] = program.values.map(() => undefined);
  const last = lastReads(program);
  const bytes = (id: ValueId) => roundedUp(bytesOf(program.values[id]!), alignment);
  const safe = mayOverwrite ?? overwritesSafely(program);
  /** The block of an input that dies here, and that the result may take over. */
  const takenOver = (node: OpNode, index: number, output: ValueId): Block | undefined => {
    for (const [i, id] of node.inputs.entries()) {
      const block = blockOf[id];
      if (block && block.end === index && block.bytes === bytes(output) && safe(node, i)) return block;
    }
    return undefined;
  };
  program.nodes.forEach((node, index) => {
    if (node.kind === 'state') return;
    if (node.kind === 'op' && isView(node)) {
      const block = blockOf[node.inputs[0]!];
      const id = node.outputs[0]!;
      // A view of the state lies where the state does.
      if (block) block.end = Math.max(block.end, last[id]!);
      blockOf[id] = block;
      return;
    }
    node.outputs.forEach((id, i) => {
      const taken = i === 0 && node.kind === 'op' ? takenOver(node, index, id) : undefined;
      if (taken) taken.end = last[id]!;
      const block = taken ?? { bytes: bytes(id), start: index, end: last[id]!, offset: 0 };
      if (!taken) blocks.push(block);
      blockOf[id] = block;
    });
  });
  return { blocks, blockOf };
}

/**
 * Gives each block the lowest place that is free while it lives, the largest blocks first. Returns the length of all.
 *
 * Source: "greedy by size", Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020).
 */
function place(blocks: readonly Block[]): number {
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
 * Plans the memory of a run: every value but the state's gets a place in one arena, which it shares with values that are not
 * alive at the same time. A result may take the place of an input that dies, and views take none. Outputs and updates live
 * to the end of the run. {@link memoryPlanFaults} checks a plan by replaying it.
 */
export function planMemory(program: Program, options: MemoryPlanOptions = {}): MemoryPlan {
  const { blocks, blockOf } = blocksOf(program, options);
  const bytes = place(blocks);
  return { bytes, offsets: blockOf.map((block) => block?.offset) };
}
