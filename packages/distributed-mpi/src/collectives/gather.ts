import type { Block } from './blocks.js';
import { Lane } from '../transport/lane.js';
import { others, type Work } from './reduce.js';
import { stage } from './staging.js';

/** Messages under way from one rank, and blocks under way to all. */
const WIDTH = 4;

/** Hands blocks of this rank on to the others, and takes theirs. */
export class Gather {
  private readonly receives: ReadonlyMap<number, Lane<readonly [Block, () => void]>>;
  private readonly sends: Lane<readonly [Block, () => void]>;

  constructor(private readonly work: Work) {
    const { transport, scratch, tag } = work;
    const ranks = others(transport);
    this.receives = new Map(
      ranks.map((owner) => [
        owner,
        new Lane<readonly [Block, () => void]>(WIDTH, ([block, end], done) => {
          const staged = stage(block, scratch, false);
          transport.receive(staged.bytes, owner, tag, () => {
            staged.store();
            staged.release();
            end();
            done();
          });
        }),
      ]),
    );
    this.sends = new Lane<readonly [Block, () => void]>(WIDTH, ([block, end], done) => {
      const staged = stage(block, scratch, true);
      let left = ranks.length;
      for (const rank of ranks) {
        transport.send(staged.bytes, rank, tag, () => {
          if (--left > 0) return;
          staged.release();
          end();
          done();
        });
      }
    });
  }

  /** Sends a block of this rank, or receives one of another's. Each rank has to name the blocks of an owner in one order. */
  add(block: Block): void {
    const { transport, progress } = this.work;
    if (transport.size === 1) return;
    const task = [block, progress.begin()] as const;
    if (block.owner === transport.rank) this.sends.add(task);
    else this.receives.get(block.owner)!.add(task);
  }
}
