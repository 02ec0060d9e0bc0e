import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { AttuneError, isAttuneError, type Communicator } from '@attune/core';
import { launcherOf, type Launcher } from '@attune/distributed-mpi';
import { fieldGroup, OtherRankFailed, Ranks, type RankFailure } from '@attune/runs';
import type { Context } from '../environment/context.js';
import { errorCodeOf, exitCodeOf, exitCodeOfCode, type ExitCode } from '../environment/exit-codes.js';
import { reportError } from '../errors/report-error.js';
import { ReportedError } from '../errors/reported-error.js';
import { silenced } from './follower-output.js';
import { checkSameFolder, type FolderFlags } from './same-folder.js';
import { bindingHint, rankProcessors, threadsOfRank } from './rank-threads.js';

/** The flag that says how processes work together. It is of the process: a run may go on with more of them, or fewer. */
export const distributedField = fieldGroup('Run').choice(['auto', 'mpi', 'none'], {
  description: 'train with the processes that mpirun or srun started beside this one; auto: if one did',
  default: 'auto',
});

/** How a command works together with other processes. */
export interface DistributedOptions extends FolderFlags {
  readonly distributed: 'auto' | 'mpi' | 'none';
  readonly dryRun: boolean;
}

/** Milliseconds in which the other ranks may meet the error that one has met: then it is told once. */
const TOGETHER = 5000;

/** Milliseconds that rank 0 has to say which checkpoint is left, before others end it, or say what they know. */
const LAST_WORDS = 1000;

/** Milliseconds in which a rank that cannot go on by itself ends the others, and says why. */
const END = 3000;

/** Milliseconds in which a launcher has ended the other ranks, where rank 0 cannot begin. */
const LAUNCHER_ENDS = 2000;

/**
 * Does the work of a command on every process that a launcher started, if one did. The context says which rank this is, and
 * prints nothing on others than rank 0.
 *
 * All ranks end with the same exit code. An error of all is told once, by rank 0; that of one rank by that one.
 *
 * @throws AttuneError COMMUNICATOR_UNAVAILABLE, RANKS_DISAGREE; {@link ReportedError}; what `work` throws, in one process.
 */
export async function withRanks(
  { distributed, dryRun, ...flags }: DistributedOptions,
  context: Context,
  work: (context: Context) => Promise<void>,
): Promise<void> {
  const launcher = distributed === 'none' ? undefined : launcherOf(context.env);
  // Nothing is written: rank 0 can say so alone.
  if (dryRun) return (launcher?.rank ?? 0) > 0 ? undefined : work(context);
  const isAlone = launcher === undefined || launcher.size === 1;
  if (distributed === 'none' || (distributed === 'auto' && isAlone)) return work(context);
  const communicator = await open(launcher, context);
  const failed = await onRank(communicator, launcher, flags, context, work);
  await communicator.dispose();
  if (failed) throw failed;
}

/** Connects with the other ranks. One that cannot tells of it, unless rank 0 meets the same and ends all before. */
async function open(launcher: Launcher | undefined, context: Context): Promise<Communicator> {
  try {
    return await context.openMpi();
  } catch (error) {
    const rank = launcher?.rank ?? 0;
    if (rank === 0) throw error;
    await sleep(LAUNCHER_ENDS);
    throw new ReportedError(reportAsRank(rank, error, context));
  }
}

/** Does the work of one rank, to an end that all ranks know of. */
async function onRank(
  communicator: Communicator,
  launcher: Launcher | undefined,
  flags: FolderFlags,
  context: Context,
  work: (context: Context) => Promise<void>,
): Promise<ReportedError | undefined> {
  const ranks = new Ranks(communicator);
  const own: Context = { ...(ranks.leads ? context : silenced(context)), ranks };
  try {
    checkSize(communicator, launcher);
    await checkSameFolder(ranks, flags);
    await work(await withThreads(communicator, own));
    await ranks.meet();
    return undefined;
  } catch (error) {
    const failure = await settle(ranks, error);
    const code = await reportFailure(failure, communicator, own);
    // Why has been told, in full.
    if (failure.othersWait) await communicator.abort(code, errorCodeOf(error) ?? 'an unexpected error');
    return new ReportedError(code);
  }
}

/** Finds out who else met the error. */
async function settle(ranks: Ranks, error: unknown): Promise<RankFailure> {
  const waiting = new AbortController();
  const patience = sleep(TOGETHER, undefined, { signal: waiting.signal }).catch(() => undefined);
  try {
    return await ranks.settle(error, patience);
  } finally {
    waiting.abort();
  }
}

/** @throws AttuneError RANKS_DISAGREE where a launcher started other processes than MPI knows of. */
function checkSize({ size }: Communicator, launcher: Launcher | undefined): void {
  if (launcher?.size === undefined || launcher.size === size) return;
  throw new AttuneError(
    'RANKS_DISAGREE',
    `${launcher.name} started ${launcher.size} processes, but MPI knows of ${size}.`,
    {
      fix: 'Start them with the launcher of the same MPI that attune loads; attune doctor names it. With srun, add --mpi=pmix or --mpi=pmi2.',
    },
  );
}

/** Gives backends the threads of this rank, unless the user does. */
async function withThreads(communicator: Communicator, context: Context): Promise<Context> {
  const processors = await rankProcessors(communicator);
  const given = context.backendOptions?.() ?? {};
  const hint = given.threads === undefined && bindingHint(processors, communicator.localSize);
  if (hint) context.stderr.write(`${hint}\n`);
  return { ...context, backendOptions: () => ({ threads: threadsOfRank(processors), ...given }) };
}

/** Tells of a failure where this rank has to. @returns the exit code of the process. */
async function reportFailure(
  { scope, error, othersWait }: RankFailure,
  communicator: Communicator,
  context: Context,
): Promise<ExitCode> {
  if (error instanceof OtherRankFailed) return exitCodeOfCode(error.code);
  if (scope === 'all') return reportError(error, context);
  if (scope === 'other') return exitCodeOf(error);
  const { rank } = communicator;
  if (isAttuneError(error, 'RANK_LOST')) {
    // All that are left notice it; rank 0 alone knows which checkpoint is whole, and ends them unless it is the one.
    if (rank > 0) await sleep(LAST_WORDS);
    return reportAsRank(rank, error, context);
  }
  if (othersWait && isAttuneError(error, 'RANKS_DISAGREE')) {
    // Another rank has failed, and left its place in training: it says why, and ends this one.
    if (error.fix !== undefined) context.stderr.write(`${error.fix}\n`);
    await sleep(END);
    return reportAsRank(rank, error, context);
  }
  const code = reportAsRank(rank, error, context);
  // Rank 0 hears of it by then.
  if (othersWait && rank > 0) await sleep(LAST_WORDS);
  return code;
}

/** Tells of an error of one rank, also where others than rank 0 are silent. */
function reportAsRank(rank: number, error: unknown, context: Context): ExitCode {
  return reportError(error, { ...context, stderr: context.alarm }, `rank ${rank} on ${hostname()}: `);
}
