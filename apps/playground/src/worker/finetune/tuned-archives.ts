import { zipArchive, type ArchiveEntry, type BlobLike, type Folder } from '@attune/files';
import { checkpointFolder, modelFiles, wholeCheckpoints } from '@attune/formats';
import {
  CONFIG_YAML,
  findModel,
  METRICS_JSONL,
  openAnyModel,
  readCompanions,
  RUN_JSON,
  SAMPLES,
} from '@attune/runs';
import type { TunePart } from '../../messages/finetune.js';
import { contentOf } from '../host/read-chunks.js';
import {
  ADAPTER_FOLDER,
  ROWS,
  RUN_FOLDER,
  workspace,
  workspaceBlob,
  WORKSPACE,
} from '../models/workspace.js';
import { ADAPTER_JSON } from './opened-adapter.js';
import type { TunePlace } from './tune-host.js';

const ARCHIVE = '.download.zip';

/** Files of a checkpoint that an adapter's folder has no use for. */
const TRAINING_FILES: readonly string[] = ['optimizer.safetensors', 'trainer_state.json'];

async function* filesOf(
  folder: Folder,
  path: string,
  leftOut: readonly string[] = [],
): AsyncGenerator<ArchiveEntry> {
  for (const file of [...((await folder.list()) ?? [])].sort()) {
    const isFile = !file.startsWith('.') && !leftOut.includes(file) && (await folder.has(file));
    if (isFile) yield [`${path}/${file}`, contentOf(folder, file)];
  }
}

/** The adapter as peft reads it: the finished one, or that of the newest checkpoint. */
async function* adapterEntries({ host }: TunePlace, name: string): AsyncGenerator<ArchiveEntry> {
  yield* filesOf(await findModel(host.folder(RUN_FOLDER)), name, TRAINING_FILES);
}

/** The model with the adapter's updates in its weights: what `attune merge` writes. */
async function* mergedEntries({ model, host }: TunePlace, name: string): AsyncGenerator<ArchiveEntry> {
  const opened = await openAnyModel({ model: model.name, adapter: RUN_FOLDER }, host);
  const companions = await readCompanions(opened, host);
  const { config, tensors, source } = opened;
  for (const [file, content] of modelFiles({ config, source, parameters: tensors, ...companions })) {
    yield [`${name}/${file}`, content];
  }
}

/**
 * The workspace as it stands: unpacked, `attune finetune --resume run` goes on with it from within. A model of the hub is
 * not in it, since it is fetched when it is named.
 */
async function* runEntries({ model, host }: TunePlace, name: string): AsyncGenerator<ArchiveEntry> {
  const run = host.folder(RUN_FOLDER);
  for (const file of [CONFIG_YAML, RUN_JSON, METRICS_JSONL]) {
    if (await run.has(file)) yield [`${name}/${RUN_FOLDER}/${file}`, contentOf(run, file)];
  }
  yield* filesOf(run.folder(SAMPLES), `${name}/${RUN_FOLDER}/${SAMPLES}`);
  yield* filesOf(run.folder('final'), `${name}/${RUN_FOLDER}/final`);
  const [newest] = await wholeCheckpoints(run);
  if (newest) {
    const path = `${name}/${RUN_FOLDER}/checkpoints/${newest.name}`;
    yield* filesOf(checkpointFolder(run, newest.name), path);
  }
  yield* filesOf(host.folder(ROWS), `${name}/${ROWS}`);
  yield* filesOf(host.folder(ADAPTER_FOLDER), `${name}/${ADAPTER_FOLDER}`, [ADAPTER_JSON]);
  if (!model.name.includes('/')) yield* filesOf(host.folder(model.folder), `${name}/${model.folder}`);
}

const parts: Readonly<
  Record<
    TunePart,
    { readonly name: string; entries: (place: TunePlace, name: string) => AsyncGenerator<ArchiveEntry> }
  >
> = {
  adapter: { name: 'adapter', entries: adapterEntries },
  merged: { name: 'merged', entries: mergedEntries },
  run: { name: WORKSPACE, entries: runEntries },
};

/**
 * A part of what was fine-tuned, as one file. It is put together in the browser's file system, so that memory need not
 * hold it.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no checkpoint yet; those of reading the model.
 */
export async function archivePart(
  place: TunePlace,
  part: TunePart,
): Promise<{ readonly file: BlobLike; readonly name: string }> {
  const { name, entries } = parts[part];
  const folder = part === 'run' ? name : `${place.model.folder}-${name}`;
  await (await workspace()).write(ARCHIVE, zipArchive(entries(place, folder)));
  return { file: await workspaceBlob(ARCHIVE), name: `${folder}.zip` };
}
