import { memoryFolder } from '@attune/files';
import { finetune, planStart, type FinetuneConfig } from '@attune/runs';
import { RUN_FOLDER } from '../models/workspace.js';
import { rowsHost } from './preview.js';
import type { TunePlace } from './tune-host.js';

/**
 * Does all of a run that comes before its training, on the device that it would train on, in memory: rows, settings and memory
 * are checked, and the workspace is as it was.
 *
 * @param jsonl the rows, in place of those that are stored.
 * @throws AttuneError those of a run that begins; OUT_OF_MEMORY.
 */
export async function checkStart({ host }: TunePlace, config: FinetuneConfig, jsonl: string): Promise<void> {
  const run = memoryFolder([], RUN_FOLDER);
  const trial = {
    ...{ ...host, ...rowsHost(jsonl) },
    folder: (path: string) => (path === RUN_FOLDER ? run : host.folder(path)),
    // The run itself says it.
    warn: () => undefined,
  };
  await planStart(finetune, { config, out: RUN_FOLDER, overwrite: false }, trial);
}
