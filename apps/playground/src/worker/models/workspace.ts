import { isJsonObject, readJsonObject, type WritableFolder } from '@attune/files';
import { directoryFolder, type BlobLike } from '@attune/files/web';

/**
 * The folder that fine-tuning has to itself, in the browser's private file system: the model, the pasted rows and the run
 * on them lie side by side, as on a disk where `attune finetune --model ./NAME --data rows/train.jsonl --out run` was
 * called.
 */
export const WORKSPACE = 'attune-finetune';

export const ROWS = 'rows';
const ROWS_FILE = 'train.jsonl';
/** The path of the rows in the workspace. */
export const ROWS_PATH = `${ROWS}/${ROWS_FILE}`;
export const RUN_FOLDER = 'run';
/** An adapter that was trained elsewhere, as `--adapter` names it. */
export const ADAPTER_FOLDER = 'opened-adapter';

/** The rows as they were pasted. */
export const PASTED = 'pasted.txt';
/** The page's own file beside the model. */
const MODEL_JSON = 'playground.json';

/** The model that is in the workspace. */
export interface StoredModel {
  /** The name that runs and adapters call it by: that of its folder, or one of the hub with its commit. */
  readonly name: string;
  /** The name of its folder. */
  readonly folder: string;
}

const origin = (): Promise<FileSystemDirectoryHandle> => navigator.storage.getDirectory();

/** The workspace. Messages name what is in it as from within. */
export async function workspace(): Promise<WritableFolder> {
  const handle = await (await origin()).getDirectoryHandle(WORKSPACE, { create: true });
  return directoryFolder(handle, { name: '.', lockName: `attune:${WORKSPACE}` });
}

/** Removes the model, the rows and the run. */
export async function clearWorkspace(): Promise<void> {
  await directoryFolder(await origin(), { name: 'browser' }).remove(WORKSPACE);
}

/** The model that is stored; `undefined` if there is none, or if it was not written to its end. */
export async function storedModel(): Promise<StoredModel | undefined> {
  const space = await workspace();
  if (!(await space.has(MODEL_JSON))) return undefined;
  const value = await readJsonObject(space, MODEL_JSON).catch(() => undefined);
  if (!isJsonObject(value)) return undefined;
  const { name, folder } = value;
  return typeof name === 'string' && typeof folder === 'string' ? { name, folder } : undefined;
}

/** Marks the model as whole: all its files are written. */
export async function keepModel(model: StoredModel): Promise<void> {
  await (await workspace()).write(MODEL_JSON, JSON.stringify(model));
}

/** Stores pasted rows, and the same rows as fine-tuning reads them. */
export async function writeRows(pasted: string, jsonl: string): Promise<void> {
  const rows = (await workspace()).folder(ROWS);
  await rows.make();
  await rows.write(PASTED, pasted);
  await rows.write(ROWS_FILE, jsonl);
}

/** The most of pasted rows that is shown again. */
const MAX_PASTED_BYTES = 2 ** 24;

/** The rows as they were pasted, or else as JSONL; empty if there are none. */
export async function pastedRows(): Promise<string> {
  const rows = (await workspace()).folder(ROWS);
  const name = (await rows.has(PASTED)) ? PASTED : ROWS_FILE;
  if (!(await rows.has(name))) return '';
  const file = await rows.open(name);
  return new TextDecoder().decode(await file.read(0, Math.min(file.size, MAX_PASTED_BYTES)));
}

/** A file of the workspace, as the browser gives it to the user. */
export async function workspaceBlob(file: string): Promise<BlobLike> {
  const directory = await (await origin()).getDirectoryHandle(WORKSPACE);
  return (await directory.getFileHandle(file)).getFile();
}
