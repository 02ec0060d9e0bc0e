import { zipArchive, type ArchiveEntry, type BlobLike, type Folder } from '@attune/files';
import { checkpointFolder, checkpointName, wholeCheckpoints } from '@attune/formats';
import { runConfig } from '../settings.js';
import type { RunStore } from './run-store.js';

/** Bytes read at a time. */
const CHUNK_BYTES = 2 ** 20;

/** The first line by which the command line knows a configuration of its own. */
const HEADING = '# The resolved configuration of a run of attune. Use it again with --config.';

/** The folder that is in the archive. */
export const ARCHIVED_FOLDER = 'attune-run';

async function* contentOf(folder: Folder, file: string): AsyncGenerator<Uint8Array> {
  const source = await folder.open(file);
  for (let offset = 0; offset < source.size; offset += CHUNK_BYTES) {
    yield await source.read(offset, Math.min(CHUNK_BYTES, source.size - offset));
  }
}

async function* filesOf(folder: Folder, path: string): AsyncGenerator<ArchiveEntry> {
  for (const file of (await folder.list())!) {
    if (!file.startsWith('.')) yield [`${path}/${file}`, contentOf(folder, file)];
  }
}

async function* entriesOf({ folder, description }: RunStore): AsyncGenerator<ArchiveEntry> {
  const settings = Object.entries(runConfig(description.settings));
  const config = [HEADING, ...settings.map(([key, value]) => `${key}: ${JSON.stringify(value)}`), ''];
  yield [`${ARCHIVED_FOLDER}/config.yaml`, config.join('\n')];
  yield [`${ARCHIVED_FOLDER}/metrics.jsonl`, contentOf(folder, 'metrics.jsonl')];
  yield* filesOf(folder.folder('data'), `${ARCHIVED_FOLDER}/data`);
  const [latest] = await wholeCheckpoints(folder);
  if (!latest) return;
  const name = checkpointName(latest.step);
  yield* filesOf(checkpointFolder(folder, name), `${ARCHIVED_FOLDER}/checkpoints/${name}`);
}

/**
 * The run with its newest checkpoint as one file: a zip of a run folder, which `attune pretrain --resume` goes on with.
 * It is put together in the browser's file system, so that memory need not hold it.
 */
export async function archiveRun(store: RunStore): Promise<BlobLike> {
  const name = 'archive.zip';
  await store.folder.write(name, zipArchive(entriesOf(store)));
  return (await store.directory.getFileHandle(name)).getFile();
}
