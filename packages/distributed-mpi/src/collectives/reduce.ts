import type { Block } from './blocks.js';
import { BlockSum } from './block-sum.js';
import { Lane } from '../transport/lane.js';
import type { Progress } from '../transport/progress.js';
import { elementsLike, stage, type Scratch } from './staging.js';
import type { Transport } from '../transport/transport.js';

/** Messages under way to one rank. */
const WIDTH = 4;

/** Messages that a rank waits for at once: as many blocks of scratch memory it takes at most. */
const RECEIVES = 32;

/** Work on blocks that is under way. */
export interface Work {
  readonly transport: Transport;
  readonly scratch: Scratch;
  readonly progress: Progress;
  readonly tag: number;
}

/** Functions that are called as blocks get on. */
export interface ReduceEvents {
  /** This rank's elements of another's block are sent: their memory may be overwritten. */
  sent?(block: Block): void;
  /** A block of this rank is summed, in place. */
  summed?(block: Block): void;
}

/** The other ranks, beginning after this one: all ranks beginning with the same would keep that one busy. */
export const others = ({ rank, size }: Transport): readonly number[] =>
  Array.from({ length: size - 1 }, (_, i) => (rank + 1 + i) % size);

/** Sums each block where its owner is, in the order of ranks. */
export function reduce(work: Work, blocks: readonly Block[], events: ReduceEvents = {}): void {
  sendToOwners(work, blocks, events);
  sumOwn(work, blocks, events);
}

function sendToOwners(
  { transport, scratch, progress, tag }: Work,
  blocks: readonly Block[],
  events: ReduceEvents,
) {
  const lanes = new Map(
    others(transport).map((owner) => [
      owner,
      new Lane<readonly [Block, () => void]>(WIDTH, ([block, end], done) => {
        const staged = stage(block, scratch, true);
        transport.send(staged.bytes, owner, tag, () => {
          staged.release();
          events.sent?.(block);
          end();
          done();
        });
      }),
    ]),
  );
  for (const block of blocks) lanes.get(block.owner)?.add([block, progress.begin()]);
}

function sumOwn({ transport, scratch, progress, tag }: Work, blocks: readonly Block[], events: ReduceEvents) {
  const { rank, size } = transport;
  const from = Array.from({ length: size }, (_, i) => i).filter((i) => i !== rank);
  /** The blocks in order, and of each the ranks in order: what is needed next always comes, however few are waited for. */
  const lane = new Lane<(done: () => void) => void>(Math.min(RECEIVES, WIDTH * (size - 1)), (begin, done) =>
    begin(done),
  );
  for (const block of blocks) {
    if (block.owner !== rank) continue;
    const end = progress.begin();
    let staged: ReturnType<typeof stage> | undefined;
    let sum: BlockSum | undefined;
    const open = (): BlockSum => {
      staged ??= stage(block, scratch, true);
      return (sum ??= new BlockSum(staged.elements, transport));
    };
    const finish = (): void => {
      if (!open().done) return;
      staged!.store();
      staged!.release();
      events.summed?.(block);
      end();
    };
    if (size === 1) finish();
    for (const other of from) {
      lane.add((done) => {
        const memory = scratch.take();
        const elements = elementsLike(block, memory);
        transport.receive(memory.subarray(0, block.bytes), other, tag, () => {
          open().include(other, elements, () => {
            scratch.give(memory);
            done();
          });
          finish();
        });
      });
    }
  }
}
