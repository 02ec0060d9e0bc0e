import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, hostname } from 'node:os';
import { MAX_THREADS, type Communicator } from '@attune/core';

/** The processors of a rank, and who else has them. */
export interface RankProcessors {
  /** Those that this process may run on. */
  readonly available: number;
  /** Ranks of this machine that may run on the same ones, this one among them. */
  readonly sharing: number;
  /** Those that the machine has. */
  readonly ofMachine: number;
}

/** The processors that this process is bound to, as Linux writes them; empty where the platform does not tell. */
function boundTo(): string {
  try {
    return /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

/** A number for a text, to compare it with those of others. */
function hashOf(text: string): number {
  return [...text].reduce((hash, letter) => Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193), 0x811c9dc5);
}

/** Asks all ranks which processors they may run on. */
export async function rankProcessors(communicator: Communicator): Promise<RankProcessors> {
  const { rank, size } = communicator;
  const places = Array.from({ length: size }, () => new Float64Array(2));
  const own = places[rank]!;
  own.set([hashOf(hostname()), hashOf(boundTo())]);
  await communicator.allGather(places, [...places.keys()]);
  const sharing = places.filter(([host, bound]) => host === own[0] && bound === own[1]).length;
  return { available: availableParallelism(), sharing, ofMachine: cpus().length };
}

/** The threads of a rank where the user names none: its processors, or its share of them where others have the same. */
export function threadsOfRank({ available, sharing }: RankProcessors): number {
  return Math.min(MAX_THREADS, Math.max(1, Math.floor(available / sharing)));
}

/** Advice where a launcher leaves processors of the machine unused: Open MPI binds each of two processes to one of them. */
export function bindingHint(processors: RankProcessors, localSize: number): string | undefined {
  const { available, sharing, ofMachine } = processors;
  const share = Math.floor(ofMachine / localSize);
  if (available / sharing >= share) return undefined;
  return (
    `The launcher binds each rank to ${available} of ${ofMachine} processors, which ${localSize} ranks could share: ` +
    "Open MPI's mpirun --bind-to none leaves that to the system."
  );
}
