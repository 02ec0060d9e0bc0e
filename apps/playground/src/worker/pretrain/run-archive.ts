import { AttuneError } from '@attune/core';
import { zipArchive, type ArchiveEntry, type BlobLike, type Folder } from '@attune/files';
import { checkpointFolder, checkpointName } from '@attune/formats';
import { CONFIG_YAML, METRICS_JSONL, OWN_DATA, RUN_JSON, SAMPLES } from '@attune/runs';
import { contentOf } from '../host/read-chunks.js';
import { blobOf, RUN, type StoredRun } from './stored-run.js';

const ARCHIVE = 'archive.zip';

/** A run as one file, and the step that it is at. */
export interface RunArchive {
  readonly file: BlobLike;
  readonly step: number;
}

async function* filesOf(folder: Folder, path: string): AsyncGenerator<ArchiveEntry> {
  for (const file of (await folder.list())!) {
    if (!file.startsWith('.')) yield [`${path}/${file}`, contentOf(folder, file)];
  }
}

async function* entriesOf(run: StoredRun, checkpoint: string, step: number): AsyncGenerator<ArchiveEntry> {
  const { folder } = run;
  for (const file of [CONFIG_YAML, RUN_JSON, METRICS_JSONL]) {
    if (await folder.has(file)) yield [`${RUN}/${file}`, contentOf(folder, file)];
  }
  yield* filesOf(folder.folder(OWN_DATA), `${RUN}/${OWN_DATA}`);
  // The best one is that of its step as well.
  yield* filesOf(checkpointFolder(folder, checkpoint), `${RUN}/checkpoints/${checkpointName(step)}`);
  const sample = await run.sampleFile(step);
  if (sample !== undefined) {
    yield [`${RUN}/${SAMPLES}/${sample}`, contentOf(folder.folder(SAMPLES), sample)];
  }
}

/**
 * The run with its newest checkpoint as one file: a zip of a run folder, which `attune pretrain --resume` goes on with.
 * It is put together in the browser's file system, so that memory need not hold it.
 *
 * @throws AttuneError FILE_NOT_FOUND if the run has no checkpoint yet; FILE_WRITE.
 */
export async function archiveRun(run: StoredRun): Promise<RunArchive> {
  const newest = await run.newest();
  if (!newest) throw new AttuneError('FILE_NOT_FOUND', 'The run has no checkpoint yet.');
  const { step } = newest.checkpoint;
  await run.folder.write(ARCHIVE, zipArchive(entriesOf(run, newest.name, step)));
  return { file: await blobOf(ARCHIVE), step };
}
