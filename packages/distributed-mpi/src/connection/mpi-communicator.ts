import { hostname } from 'node:os';
import { AttuneError, type Communicator, type SharedNumbers } from '@attune/core';
import type { CallKind } from '../collectives/header.js';
import type { Started } from '../protocol/messages.js';
import { endProcess } from './end-process.js';
import type { Memory, MpiThread } from './thread.js';

/** Milliseconds in which MPI has to end the ranks; after that, the process ends by itself. */
const ABORT_MS = 5000;

/** A communicator whose calls another thread carries out. */
export class MpiCommunicator implements Communicator {
  readonly rank: number;
  readonly size: number;
  readonly localSize: number;
  readonly description: string;
  private disposal?: Promise<void>;

  constructor(
    private readonly thread: MpiThread,
    started: Started,
    private readonly timeoutSeconds: number,
  ) {
    ({
      rank: this.rank,
      size: this.size,
      localSize: this.localSize,
      description: this.description,
    } = started);
  }

  allReduceSum(parts: readonly SharedNumbers[]): Promise<void> {
    return this.call('allReduceSum', parts, []);
  }

  reduceScatterSum(parts: readonly SharedNumbers[], owners: readonly number[]): Promise<void> {
    return this.call('reduceScatterSum', parts, this.checked(owners, parts.length));
  }

  allGather(parts: readonly SharedNumbers[], owners: readonly number[]): Promise<void> {
    return this.call('allGather', parts, this.checked(owners, parts.length));
  }

  broadcast(bytes: Uint8Array, root: number): Promise<void> {
    return this.call('broadcast', [bytes], this.checked([root], 1));
  }

  barrier(): Promise<void> {
    return this.call('barrier', [], []);
  }

  async abort(exitCode: number, reason: string): Promise<never> {
    const line = reason.split('\n', 1)[0]!;
    process.stderr.write(
      `attune: rank ${this.rank} of ${this.size} on ${hostname()} ends all ranks: ${line}\n`,
    );
    this.thread.abort(exitCode);
    // MPI ends this process, too. A host that is gone may keep it from that.
    await new Promise((resolve) => setTimeout(resolve, ABORT_MS));
    return endProcess(exitCode);
  }

  dispose(): Promise<void> {
    return (this.disposal ??= this.leave());
  }

  private async leave(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      const error = new AttuneError('RANK_LOST', 'The other ranks do not leave the task.');
      timer = setTimeout(() => reject(error), (2 * this.timeoutSeconds + 1) * 1000);
    });
    await Promise.race([this.thread.call('dispose', [], []), tooLong]).finally(() => clearTimeout(timer));
  }

  private async call(kind: CallKind, parts: readonly Memory[], owners: readonly number[]): Promise<void> {
    if (this.disposal) throw new AttuneError('DISPOSED', 'A communicator was used after dispose().');
    await this.thread.call(kind, parts, owners);
  }

  /** Owners of parts: one rank for each. */
  private checked(owners: readonly number[], parts: number): readonly number[] {
    const wrong = owners.find((owner) => !Number.isInteger(owner) || owner < 0 || owner >= this.size);
    if (owners.length === parts && wrong === undefined) return [...owners];
    const came =
      wrong === undefined ? `${owners.length} for ${parts} arrays` : `rank ${wrong} of ${this.size}`;
    throw new AttuneError('INVALID_ARGUMENT', `Each array has one rank as its owner, but there is ${came}.`);
  }
}
