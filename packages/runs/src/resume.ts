import type { Backend } from '@attune/core';
import type { RunAudience } from './loop/observer.js';
import { parseProgress } from './loop/progress.js';
import { trainInto } from './loop/train-into.js';
import { followerStore } from './distributed/follower-store.js';
import { inTurn } from './distributed/in-turn.js';
import { checkSameRun, checkShares } from './distributed/same-run.js';
import type { RunHost } from './models/model/host.js';
import type { ChosenBackend } from './record/chosen-backend.js';
import { checkStoredBackend } from './record/backend-package.js';
import { findCheckpoint, type CheckpointSearch, type FoundCheckpoint } from './record/find-checkpoint.js';
import {
  checkSameOrigin,
  createRecord,
  createSession,
  hashesOfRun,
  sessionsOf,
  type RunRecord,
} from './record/run-record.js';
import { engineOfSession, flagsOfEngine, formatEngine, isSameEngine } from './record/engine-of-session.js';
import { inSession } from './record/in-session.js';
import { trainingWrites, type PlannedTraining } from './record/planned-training.js';
import { reopenRun } from './record/run-folder.js';
import type { RunStore, StoredCheckpoint } from './record/run-store.js';
import { storedSettings } from './record/stored-settings.js';
import { changedSettings, describeChange } from './settings/resuming.js';
import type { RunConfig } from './settings/shared-fields.js';
import { versionsOf } from './start.js';
import type { FittedRun, Task } from './tasks/common/task.js';

/** A run that is to go on. */
export interface ResumeRequest<Asked extends object> {
  /** The folder of the run. */
  readonly run: string;
  /** Settings to change. */
  readonly given: Partial<Asked>;
}

/**
 * Goes on with a run from its newest checkpoint that is whole; from the beginning if there is none yet. On a deterministic
 * backend every step comes out as if the run had never ended.
 *
 * Everything that can be wrong with the request is found before the log or a checkpoint of the run is changed.
 *
 * @throws AttuneError INVALID_CONFIG where a setting would make it another run; CHECKPOINT_MISMATCH where the data, or the
 * model that is fine-tuned, is another; RUN_LOCKED; INTERRUPTED if it was stopped, when a checkpoint has been written.
 */
export async function resume<Config extends RunConfig, Asked extends object, Stored extends StoredCheckpoint>(
  task: Task<Config, Asked, Stored>,
  request: ResumeRequest<Asked>,
  host: RunHost,
  audience: RunAudience,
): Promise<void> {
  const { command } = task;
  await reopen(task, request, host, async ({ fitted, ...resumed }) =>
    trainInto({ command, host, audience, ...resumed }, await fitted.job(resumed.backend)),
  );
}

/**
 * Does what {@link resume} does until the first step. With a host whose folders note what is written, nothing is.
 *
 * @returns what training would write.
 * @throws AttuneError as {@link resume}, but for what training throws.
 */
export async function planResume<
  Config extends RunConfig,
  Asked extends object,
  Stored extends StoredCheckpoint,
>(task: Task<Config, Asked, Stored>, request: ResumeRequest<Asked>, host: RunHost): Promise<PlannedTraining> {
  let planned: PlannedTraining | undefined;
  await reopen(task, request, host, async ({ config, run, checkpoint, notes }) => {
    const from = checkpoint
      ? [`It would go on from step ${checkpoint.checkpoint.step}: ${checkpoint.path}.`]
      : [];
    planned = { writes: trainingWrites(config, run), notes: [...from, ...notes] };
  });
  return planned!;
}

/** A run that is open again, at the step that it goes on from. */
interface ResumedRun<Config extends RunConfig> {
  readonly config: Config;
  readonly backend: Backend;
  readonly run: RunStore;
  readonly checkpoint: FoundCheckpoint | undefined;
  readonly notes: readonly string[];
  readonly fitted: FittedRun<Config>;
}

/**
 * Does all of a run that goes on that comes before its training.
 *
 * @param work trains.
 * @throws AttuneError as {@link resume}.
 */
async function reopen<Config extends RunConfig, Asked extends object, Stored extends StoredCheckpoint>(
  task: Task<Config, Asked, Stored>,
  { run: path, given }: ResumeRequest<Asked>,
  host: RunHost,
  work: (resumed: ResumedRun<Config>) => Promise<void>,
): Promise<void> {
  const { command } = task;
  const folder = host.folder(path);
  const run = await inTurn(
    host,
    () => reopenRun(folder, host.format),
    async () => followerStore(folder, host.format),
  );
  try {
    const stored = await storedSettings(run, task);
    checkStoredBackend(stored, given, run.configPath);
    // Values that follow others stay as they were: with more steps, the decay of the learning rate still ends where it did.
    const open = await task.open(task.config({ ...fittingEngine(stored, given), ...given }), host);
    const { config } = open;
    try {
      const search = await findCheckpoint(run, command, (name) => open.readCheckpoint(run, name));
      const { found: checkpoint } = search;
      const recorded = checkpoint?.run['config'] as Partial<Asked> | undefined;
      const begun = recorded ? task.recorded(recorded) : stored;
      const changes = changedSettings(task.fields, begun, config, path, command, given).map(describeChange);
      checkShares(host.ranks, config);
      const prepared = await open.prepare(checkpoint);
      if (open.preparesData && !checkpoint) {
        await run.checkOwnData();
        await inTurn(
          host,
          () => host.prepareOwnData(run.ownData, false),
          async () => undefined,
        );
      }
      const fitted = await prepared.openData(run.ownData);
      const record = (await run.readRecord()) ?? createRecord(config, fitted.origin);
      checkSameOrigin({ hashes: hashesOfRun(checkpoint, record), base: record.base }, fitted.origin, path);
      await host.withBackend(config, async (backend) => {
        fitted.requireMemory(backend);
        const step = checkpoint?.checkpoint.step ?? 0;
        const { origin } = fitted;
        // All have read what rank 0 is about to move.
        await checkSameRun(host.ranks, { config, origin, step, versions: host.versions() });
        const notes = [
          ...changes.map((change) => `Changed: ${change}.`),
          ...describeBackend(checkpoint, record, backend),
          ...(await rewind(run, search)),
        ];
        await run.writeConfig(config);
        const session = createSession(
          backend,
          config.backend,
          step,
          versionsOf(host),
          host.ranks?.communicator.size,
        );
        await inSession(run, record, session, host, () =>
          work({ config, backend, run, checkpoint, notes, fitted }),
        );
      });
    } finally {
      await open.close();
    }
  } finally {
    await run.close();
  }
}

/** The run's settings, without an engine of another backend than the one that is chosen now. */
function fittingEngine<Stored extends Partial<ChosenBackend>>(
  stored: Stored,
  { backend }: Partial<ChosenBackend>,
): Stored {
  const isSame = backend === undefined || backend === stored.backend;
  return isSame ? stored : { ...stored, engine: undefined, isa: undefined };
}

function describeBackend(
  checkpoint: FoundCheckpoint | undefined,
  record: RunRecord,
  { name, device }: Backend,
): string[] {
  if (!checkpoint) return [];
  const before = checkpoint.run['backend'];
  const agreement = 'from here on, losses agree with it to about 1e-5, not bit by bit';
  if (before !== undefined && before !== name) {
    return [`The checkpoint was written on ${String(before)}: ${agreement}.`];
  }
  const { step } = checkpoint.checkpoint;
  const session = sessionsOf(record, step - 1, step).at(-1);
  const [former, engine] = [session && engineOfSession(session), device.engine];
  if (!former || !engine || isSameEngine(former, engine)) return [];
  const flags = flagsOfEngine(former, engine);
  const advice = flags ? ` To go on to the bit: ${flags}.` : '';
  const both = `engine ${formatEngine(former)}, and this is ${formatEngine(engine)}`;
  return [`The checkpoint was written on ${both}: ${agreement}.${advice}`];
}

/** Brings the folder back to the step of the checkpoint. @returns what people are to know of it. */
async function rewind(run: RunStore, { found, damaged }: CheckpointSearch): Promise<string[]> {
  const notes: string[] = [];
  for (const one of damaged) {
    notes.push(`Passed over: ${one.error.message} It is now ${await run.setAside(one.name)}.`);
  }
  const step = found?.checkpoint.step ?? 0;
  if (!found) notes.push('There is no checkpoint yet: the run begins again.');
  const due = found && parseProgress(found.run['progress'], found.path).evaluationDue;
  // The line of a step whose evaluation is still due is written when that is done.
  const logged = due ? step - 1 : step;
  const kept = await run.truncateLog(logged);
  if (kept < logged)
    notes.push(`${run.logPath} ends at step ${kept}: the lines up to step ${logged} are lost.`);
  await run.removeSamplesAfter(logged);
  return notes;
}
