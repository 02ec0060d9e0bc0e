import { hostname } from 'node:os';
import { AttuneError, didYouMean, type Communicator } from '@attune/core';
import { launcherOf } from './launcher.js';
import { candidates, libraryVariable } from './library/candidates.js';
import { withoutKoffi } from './library/without-koffi.js';

/** How to connect with the other processes. */
export interface MpiOptions {
  /** The path of the MPI library, an absolute one. Otherwise that of `ATTUNE_MPI_LIBRARY`, or the one that the launcher suggests. */
  readonly library?: string;
  /** The variables in which the launcher is looked for; those of the process by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Seconds after which a rank that gives no sign of life is lost: 30 by default, and at least 1. */
  readonly timeoutSeconds?: number;
}

const keys: readonly string[] = ['library', 'environment', 'timeoutSeconds'] satisfies (keyof MpiOptions)[];

const TIMEOUT_SECONDS = 30;

function check(options: MpiOptions): void {
  for (const key of Object.keys(options)) {
    if (keys.includes(key)) continue;
    throw new AttuneError('UNKNOWN_KEY', `openMpi has no option "${key}". ${didYouMean(key, keys)}`);
  }
  const { timeoutSeconds = TIMEOUT_SECONDS } = options;
  if (timeoutSeconds >= 1 && timeoutSeconds <= 86_400) return;
  throw new AttuneError(
    'INVALID_ARGUMENT',
    `timeoutSeconds must be from 1 to 86,400, but is ${timeoutSeconds}.`,
  );
}

let opened = false;

/** Loads what connects: a process on its own does without its native module. */
async function loadConnection() {
  try {
    const [{ MpiCommunicator }, { MpiThread }] = await Promise.all([
      import('./connection/mpi-communicator.js'),
      import('./connection/thread.js'),
    ]);
    return { MpiCommunicator, MpiThread };
  } catch (cause) {
    throw withoutKoffi(cause);
  }
}

/**
 * Connects this process with those that a launcher (`mpirun`, `srun`) started with it, over the system's MPI library. MPI says
 * how many there are; a process on its own is one rank. MPI can be started once in a process.
 *
 * **Loss of a rank.** Calls fail `timeoutSeconds` after the last sign of life of a rank, by a few seconds more at most. Most
 * launchers end all processes as soon as one is gone. The error names the rank and its host; `data.rank` is its number.
 *
 * @throws AttuneError COMMUNICATOR_UNAVAILABLE if no library can be loaded or started; RANKS_DISAGREE if the launcher started
 * another number of processes than MPI knows of, as the launcher of another MPI does.
 */
export async function openMpi(options: MpiOptions = {}): Promise<Communicator> {
  check(options);
  const { environment = process.env, timeoutSeconds = TIMEOUT_SECONDS } = options;
  const launcher = launcherOf(environment);
  const named = options.library ?? (environment[libraryVariable] || undefined);
  const libraries = candidates(launcher?.libraries ?? [], process.platform, named);
  if (opened) {
    throw new AttuneError('COMMUNICATOR_UNAVAILABLE', 'MPI can be started only once in a process.');
  }
  const { MpiCommunicator, MpiThread } = await loadConnection();
  opened = true;
  const thread = new MpiThread({
    ...{ libraries, timeoutSeconds, host: hostname() },
    ...(launcher && { launcher: { name: launcher.name, size: launcher.size } }),
  });
  return new MpiCommunicator(thread, await thread.start(), timeoutSeconds);
}
