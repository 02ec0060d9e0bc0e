import { AttuneError } from '@attune/core';
import type { ChosenBackend } from './chosen-backend.js';
import type { Settings } from '../settings/field.js';
import type { TrainingCommand } from '../settings/resuming.js';
import type { RunReader } from './run-store.js';

const NOUNS: Readonly<Record<TrainingCommand, string>> = {
  pretrain: 'pretraining',
  finetune: 'fine-tuning',
};

/**
 * The settings of a run, as they are spelled today.
 *
 * @throws AttuneError INVALID_CONFIG if it is a run of another task; as {@link RunReader.readConfig}.
 */
export async function storedSettings<Asked extends object>(
  run: RunReader,
  task: {
    readonly command: TrainingCommand;
    readonly fields: Settings;
    recorded(values: Partial<Asked>): Partial<Asked>;
  },
): Promise<Partial<Asked> & Partial<ChosenBackend>> {
  const command = await run.command(task.command);
  if (command !== task.command) {
    throw new AttuneError('INVALID_CONFIG', `${run.path} is a run of ${NOUNS[command]}.`, {
      fix: `Go on with it: attune ${command} --resume ${run.path}.`,
    });
  }
  return task.recorded((await run.readConfig(task.fields)) as Partial<Asked>);
}
