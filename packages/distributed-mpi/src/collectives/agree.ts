import { disagreement, emptyHeader } from './header.js';
import type { Progress } from '../transport/progress.js';
import { tags } from '../transport/tags.js';
import type { Transport } from '../transport/transport.js';

const bytesOf = ({ buffer }: Int32Array): Uint8Array => new Uint8Array(buffer);

/** Sends a call's header to the rank `distance` after this one, and compares it with that of the rank before it. */
function compare(
  transport: Transport,
  progress: Progress,
  header: Int32Array,
  distance: number,
  tag: number,
  then: () => void,
) {
  const { rank, size } = transport;
  const before = (rank - distance + size) % size;
  const theirs = emptyHeader();
  transport.send(bytesOf(header), (rank + distance) % size, tag, progress.begin());
  const end = progress.begin();
  transport.receive(bytesOf(theirs), before, tag, () => {
    const error = disagreement(rank, header, before, theirs);
    if (error) progress.fail(error);
    else then();
    end();
  });
}

/**
 * Compares the ranks' calls around a ring: if any two differ, so do two neighbours, and one of them fails.
 * Costs one small message, which travels beside the call's own.
 */
export function agree(transport: Transport, progress: Progress, header: Int32Array): void {
  if (transport.size > 1) compare(transport, progress, header, 1, tags.header, () => undefined);
}

/** Waits until every rank has come here: in each round, a rank has heard, through others, of twice as many. */
export function barrier(transport: Transport, progress: Progress, header: Int32Array, tag: number): void {
  const round = (distance: number): void => {
    if (distance >= transport.size) return;
    const next = () => round(2 * distance);
    compare(transport, progress, header, distance, distance === 1 ? tags.header : tag, next);
  };
  round(1);
}
