import type { Backend } from '@attune/core';
import type { RunHost } from './models/host.js';
import type { RunAudience } from './loop/observer.js';
import { trainInto } from './loop/train-into.js';
import { createRecord, createSession, type RunSession } from './record/run-record.js';
import { inSession } from './record/in-session.js';
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
  { config: asked, given = {}, out, overwrite }: StartRequest<Asked>,
  host: RunHost,
  audience: RunAudience,
): Promise<void> {
  const open = await task.open(asked, host, given);
  const { config, preparesData } = open;
  try {
    const prepared = await open.prepare(undefined);
    const known = preparesData ? undefined : await prepared.openData();
    await host.withBackend(config, async (backend) => {
      (known ?? prepared).requireMemory(backend);
      const run = await createRun(host.folder(out), host.format, { overwrite, preparesData });
      try {
        await run.writeConfig(config);
        const fitted = known ?? (await openOwnData(prepared, run, host, backend));
        const session = createSession(backend, config.backend, 0, versionsOf(host));
        const record = createRecord(config, fitted.origin);
        await inSession(run, record, session, host, async () => {
          const { command } = task;
          await trainInto({ command, config, host, backend, run, audience }, await fitted.job(backend));
        });
      } finally {
        await run.close();
      }
    });
  } finally {
    await open.close();
  }
}

/** Makes the data of a run that names none, and opens it. How many tokens it has is known now. */
async function openOwnData<Config extends RunConfig>(
  prepared: PreparedRun<Config>,
  run: RunStore,
  host: RunHost,
  backend: Backend,
): Promise<FittedRun<Config>> {
  await host.prepareOwnData(run.ownData, true);
  const fitted = await prepared.openData(run.ownData);
  fitted.requireMemory(backend);
  return fitted;
}
