import { diskFolder } from '@attune/files/node';
import { audience as silent, TENSORBOARD, watchedBy, type RunAudience } from '@attune/runs';
import { EventWriter } from '@attune/tracking';
import type { Context } from '../../environment/context.js';
import { attuneCommand } from '../../environment/invocation.js';
import { openDiskLog } from '../watching/logs.js';
import { messageOf } from './live-page.js';

/**
 * Trains, and writes event files for TensorBoard into the folder of a run whose configuration asks for them. All of them are
 * written when it returns. Where that fails, people are told, and the run goes on.
 *
 * @param train is handed the audience.
 * @throws whatever `train` throws.
 */
export async function withEventFiles(
  audience: RunAudience,
  context: Context,
  train: (audience: RunAudience) => Promise<void>,
): Promise<void> {
  let writer: EventWriter | undefined;
  let run = '';
  const failed = (error: unknown) =>
    void context.stderr.write(
      `No more is written for TensorBoard: ${messageOf(error)} ` +
        `Later: ${attuneCommand(context)} logs ${run} --format tensorboard\n`,
    );
  const { observer } = silent({
    begins({ config, path }) {
      if (!config.tensorboard) return;
      run = path;
      writer = new EventWriter(diskFolder(path).folder(TENSORBOARD), () => openDiskLog(path), failed);
    },
    step: ({ record }) => writer?.step(record),
    sampled: ({ step, text }) => writer?.sample(step, text),
  });
  try {
    await train(watchedBy(audience, observer, failed));
  } finally {
    await writer?.close();
  }
}
