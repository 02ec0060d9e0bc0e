import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, hostname } from 'node:os';
import { exchangeNumbers, MAX_THREADS, textNumber, type Communicator } from '@attune/core';

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

/** Asks all ranks which processors they may run on. */
export async function rankProcessors(communicator: Communicator): Promise<RankProcessors> {
  const own = [textNumber(hostname()), textNumber(boundTo())];
  const places = await exchangeNumbers(communicator, own);
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
