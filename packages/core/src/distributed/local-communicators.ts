import type { Communicator, SharedNumbers } from '../contracts/communicator.js';
import { AttuneError } from '../errors/index.js';
import { plural } from '../text/plural.js';

/** A call of one rank that waits for the same call of the others. */
interface Arrival {
  readonly operation: string;
  readonly parts: readonly (SharedNumbers | Uint8Array)[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Does the work of one call for all ranks, whose parts are given in the order of ranks. */
type Work = (parts: readonly (readonly SharedNumbers[])[]) => void;

/** Ranks that live in one process: each call waits until all of them have made it. */
class LocalGroup {
  private readonly queues: Arrival[][];
  private failure?: AttuneError;

  constructor(readonly size: number) {
    this.queues = Array.from({ length: size }, () => []);
  }

  call(rank: number, operation: string, parts: Arrival['parts'], work: Work): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.queues[rank]!.push({ operation, parts, resolve, reject });
      if (this.queues.some((queue) => queue.length === 0)) return;
      const arrivals = this.queues.map((queue) => queue.shift()!);
      const fault = disagreement(arrivals);
      if (fault) return this.fail(new AttuneError('RANKS_DISAGREE', fault), arrivals);
      work(arrivals.map((arrival) => arrival.parts as readonly SharedNumbers[]));
      for (const arrival of arrivals) arrival.resolve();
    });
  }

  /** Ends every call under way, and all later ones. */
  fail(error: AttuneError, arrivals: readonly Arrival[] = []): void {
    this.failure ??= error;
    for (const arrival of [...arrivals, ...this.queues.flatMap((queue) => queue.splice(0))]) {
      arrival.reject(this.failure);
    }
  }
}

/** The way in which calls of several ranks differ, if they do. */
function disagreement(arrivals: readonly Arrival[]): string | undefined {
  const described = arrivals.map(
    ({ operation, parts }) => `${operation} of ${parts.map((part) => part.length).join(' + ')} elements`,
  );
  const other = described.findIndex((text) => text !== described[0]);
  return other < 0 ? undefined : `Rank 0 calls ${described[0]}, but rank ${other} ${described[other]}.`;
}

/** Sums part `i` over all ranks, in their order. */
function sum(all: readonly (readonly SharedNumbers[])[], i: number): SharedNumbers {
  const total = all[0]![i]!.slice().fill(0);
  for (const parts of all) {
    const part = parts[i]!;
    for (let k = 0; k < total.length; k++) total[k]! += part[k]!;
  }
  return total;
}

class LocalCommunicator implements Communicator {
  private disposed = false;

  constructor(
    private readonly group: LocalGroup,
    readonly rank: number,
  ) {}

  get size(): number {
    return this.group.size;
  }

  get localSize(): number {
    return this.group.size;
  }

  get description(): string {
    return `${plural(this.size, 'rank')} in one process`;
  }

  allReduceSum(parts: readonly SharedNumbers[]): Promise<void> {
    return this.call('allReduceSum', parts, (all) => {
      parts.forEach((_, i) => {
        const total = sum(all, i);
        for (const each of all) each[i]!.set(total);
      });
    });
  }

  reduceScatterSum(parts: readonly SharedNumbers[], owners: readonly number[]): Promise<void> {
    return this.call(`reduceScatterSum to ${owners.join()}`, parts, (all) => {
      owners.forEach((owner, i) => all[owner]![i]!.set(sum(all, i)));
    });
  }

  allGather(parts: readonly SharedNumbers[], owners: readonly number[]): Promise<void> {
    return this.call(`allGather from ${owners.join()}`, parts, (all) => {
      owners.forEach((owner, i) => {
        for (const each of all) each[i]!.set(all[owner]![i]!);
      });
    });
  }

  broadcast(bytes: Uint8Array, root: number): Promise<void> {
    return this.call(`broadcast from ${root}`, [bytes], (all) => {
      for (const [each] of all) each!.set(all[root]![0]!);
    });
  }

  barrier(): Promise<void> {
    return this.call('barrier', [], () => undefined);
  }

  async abort(exitCode: number, reason: string): Promise<never> {
    const error = new AttuneError(
      'RANK_LOST',
      `Rank ${this.rank} gave up (exit code ${exitCode}): ${reason}`,
    );
    this.group.fail(error);
    throw error;
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }

  private async call(operation: string, parts: Arrival['parts'], work: Work): Promise<void> {
    if (this.disposed) throw new AttuneError('DISPOSED', 'A communicator was used after dispose().');
    await this.group.call(this.rank, operation, parts, work);
  }
}

/**
 * Communicators of ranks that live in one process, e.g. to run a distributed training in a test. Sums are what any other
 * communicator makes of the same values.
 *
 * @throws AttuneError INVALID_ARGUMENT if `size` is not a positive integer.
 */
export function localCommunicators(size: number): readonly Communicator[] {
  if (!Number.isInteger(size) || size < 1) {
    throw new AttuneError('INVALID_ARGUMENT', `There must be one rank or more, but size is ${size}.`);
  }
  const group = new LocalGroup(size);
  return Array.from({ length: size }, (_, rank) => new LocalCommunicator(group, rank));
}
