import type { Backend } from '@attune/core';
import { followerStore } from './distributed/follower-store.js';
import { inTurn } from './distributed/in-turn.js';
import { checkSameRun, checkShares } from './distributed/same-run.js';
import type { RunHost } from './models/model/host.js';
import type { RunAudience } from './loop/observer.js';
import { trainInto } from './loop/train-into.js';
import { createRecord, createSession, type RunSession } from './record/run-record.js';
import { inSession } from './record/in-session.js';
import { trainingWrites, type PlannedTraining } from './record/planned-training.js';
import { createRun } from './record/run-folder.js';
import type { RunStore, StoredCheckpoint } from './record/run-store.js';
import type { RunConfig } from './settings/shared-fields.js';
import type { FittedRun, PreparedRun, Task } from './tasks/common/task.js';

/** A run that is to begin. */
export interface StartRequest<Asked extends object> {
  /** With all defaults. */
  readonly config: Asked;
  /** The settings that the user gave: a model that is there already has to have them. */
  readonly given?: Partial<Asked>;
  /** The folder of the run. */
  readonly out: string;
  /** An earlier run in it may be removed. */
  readonly overwrite: boolean;
}

/** Returns the software and platform that a session runs on. */
export function versionsOf(host: Pick<RunHost, 'versions' | 'platform'>): RunSession['versions'] {
  const { attune = '', node = '' } = host.versions();
  return { attune, node, platform: host.platform };
}

/**
 * Trains a model as the request says, into its folder. Everything that can be wrong with the request is found before the
 * folder is touched.
 *
 * @throws AttuneError INTERRUPTED if it was stopped, when a checkpoint has been written.
 */
export async function start<Config extends RunConfig, Asked extends object, Stored extends StoredCheckpoint>(
  task: Task<Config, Asked, Stored>,
  request: StartRequest<Asked>,
  host: RunHost,
  audience: RunAudience,
): Promise<void> {
  const { command } = task;
  await begin(task, request, host, async (begun) => {
    const { config, backend, run, prepared } = begun;
    const fitted = begun.fitted ?? (await openOwnData(prepared, run, host, backend));
    if (!begun.fitted) await checkSameStart(host, config, fitted);
    await inFirstSession(begun, fitted, host, async () =>
      trainInto({ command, config, host, backend, run, audience }, await fitted.job(backend)),
    );
  });
}

/** A run whose folder is taken, and has its configuration. */
interface BegunRun<Config extends RunConfig> {
  readonly config: Config;
  readonly backend: Backend;
  readonly run: RunStore;
  readonly prepared: PreparedRun<Config>;
  /** Missing where the run still has to make its data. */
  readonly fitted?: FittedRun<Config> | undefined;
}

/**
 * Does all of a run that comes before its training.
 *
 * @param work trains.
 * @throws AttuneError as {@link start}.
 */
async function begin<Config extends RunConfig, Asked extends object, Stored extends StoredCheckpoint>(
  task: Task<Config, Asked, Stored>,
  { config: asked, given = {}, out, overwrite }: StartRequest<Asked>,
  host: RunHost,
  work: (begun: BegunRun<Config>) => Promise<void>,
): Promise<void> {
  const open = await task.open(asked, host, given);
  const { config, preparesData } = open;
  try {
    checkShares(host.ranks, config);
    const prepared = await open.prepare(undefined);
    const known = preparesData ? undefined : await prepared.openData();
    await host.withBackend(config, async (backend) => {
      (known ?? prepared).requireMemory(backend);
      if (known) await checkSameStart(host, config, known);
      const folder = host.folder(out);
      const run = await inTurn(
        host,
        () => createRun(folder, host.format, { overwrite, preparesData }),
        async () => followerStore(folder, host.format),
      );
      try {
        await run.writeConfig(config);
        await work({ config, backend, run, prepared, fitted: known });
      } finally {
        await run.close();
      }
    });
  } finally {
    await open.close();
  }
}

/** Checks that all ranks begin the same run. @throws AttuneError RANKS_DISAGREE. */
async function checkSameStart<Config extends RunConfig>(
  host: RunHost,
  config: Config,
  { origin }: FittedRun<Config>,
): Promise<void> {
  await checkSameRun(host.ranks, { config, origin, step: 0, versions: host.versions() });
}

/** Does the work of a run's first session, and records what the run is made of, and what it runs on. */
async function inFirstSession<Config extends RunConfig>(
  { run, config, backend }: BegunRun<Config>,
  { origin }: FittedRun<Config>,
  host: RunHost,
  work: () => Promise<void>,
): Promise<void> {
  const session = createSession(backend, config.backend, 0, versionsOf(host), host.ranks?.communicator.size);
  await inSession(run, createRecord(config, origin), session, host, work);
}

/**
 * Does what {@link start} does until the first step. With a host whose folders note what is written, nothing is.
 *
 * @returns what training would write.
 * @throws AttuneError as {@link start}, but for what training throws, and what the run's own data, which is not made, would.
 */
export async function planStart<
  Config extends RunConfig,
  Asked extends object,
  Stored extends StoredCheckpoint,
>(task: Task<Config, Asked, Stored>, request: StartRequest<Asked>, host: RunHost): Promise<PlannedTraining> {
  let planned: PlannedTraining | undefined;
  await begin(task, request, host, async (begun) => {
    const { config, run, fitted } = begun;
    if (fitted) await inFirstSession(begun, fitted, host, () => Promise.resolve());
    else await host.prepareOwnData(run.ownData, true);
    const record = fitted ? [] : [run.recordPath];
    planned = { writes: [...record, ...trainingWrites(config, run)], notes: [] };
  });
  return planned!;
}

/** Makes the data of a run that names none, and opens it. How many tokens it has is known now. */
async function openOwnData<Config extends RunConfig>(
  prepared: PreparedRun<Config>,
  run: RunStore,
  host: RunHost,
  backend: Backend,
): Promise<FittedRun<Config>> {
  await inTurn(
    host,
    () => host.prepareOwnData(run.ownData, true),
    async () => undefined,
  );
  const fitted = await prepared.openData(run.ownData);
  fitted.requireMemory(backend);
  return fitted;
}
