import { agree, barrier } from './agree.js';
import { ownedBlocks, sharedBlocks, type Block } from './blocks.js';
import { Gather } from './gather.js';
import { headerOf, type Call } from './header.js';
import { Progress } from '../transport/progress.js';
import { InOrder } from '../transport/in-order.js';
import { reduce, type Work } from './reduce.js';
import type { Scratch } from './staging.js';
import { tagsOf } from '../transport/tags.js';
import type { Transport } from '../transport/transport.js';

/**
 * Sums each block where its owner is, and hands it on from there as soon as it is summed. It comes back to where it was sent
 * from, thus not before that is done. Messages may be completed out of order, but have to be sent and awaited in one.
 */
function allReduce(work: Work, gather: Gather, blocks: readonly Block[]): void {
  const { size } = work.transport;
  const queues = Array.from({ length: size }, (_, owner) => {
    const owned = blocks.filter((block) => block.owner === owner);
    return new InOrder(owned, (block) => gather.add(block));
  });
  const next = (block: Block) => queues[block.owner]!.add(block);
  reduce(work, blocks, { sent: next, summed: next });
}

/**
 * Begins a call, the one of this number on every rank. It goes on in `transport.poll`, and fails if the ranks disagree.
 *
 * @returns what is done when the call is.
 */
export function startCall(transport: Transport, scratch: Scratch, call: Call, number: number): Progress {
  const progress = new Progress();
  const header = headerOf(call, number);
  const tags = tagsOf(number);
  if (call.kind === 'barrier' || call.kind === 'dispose') {
    barrier(transport, progress, header, tags.reduce);
    return progress;
  }
  agree(transport, progress, header);
  const work = { transport, scratch, progress };
  const reducing = { ...work, tag: tags.reduce };
  const gather = new Gather({ ...work, tag: tags.gather });
  if (call.kind === 'allReduceSum') {
    allReduce(reducing, gather, sharedBlocks(call.parts, transport.size));
    return progress;
  }
  const blocks = ownedBlocks(call.parts, call.owners);
  if (call.kind === 'reduceScatterSum') reduce(reducing, blocks);
  else for (const block of blocks) gather.add(block);
  return progress;
}
