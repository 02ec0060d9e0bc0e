import { AttuneError } from '@attune/core';
import type { BlobLike } from '@attune/files';
import { ADAPTER_CONFIG_JSON, ADAPTER_SAFETENSORS, CHECKPOINTS, CONFIG_JSON } from '@attune/formats';
import { CONFIG_YAML, METRICS_JSONL, RUN_JSON, SAMPLES, stepOfSample } from '@attune/runs';
import type { GivenFile, GivenFiles } from '../models/given-files.js';
import { checkCompanions, checkPaths, folderOf, isModelFile, plainName } from '../models/model-files.js';
import { ADAPTER_FOLDER, PASTED, ROWS, ROWS_PATH, RUN_FOLDER } from '../models/workspace.js';

/** More than a run of a page has, of which all but the model is read into memory. */
const MAX_RUN_BYTES = 2 ** 30;

/** As many as one compares. */
const MAX_SAMPLES = 20;

/** A run that this page trained, as it was downloaded: its files by their paths in the workspace. */
export interface TunedRunFiles {
  /** The name of what was given, for messages. */
  readonly name: string;
  readonly files: ReadonlyMap<string, BlobLike>;
  /** The name of its newest checkpoint. */
  readonly checkpoint: string;
}

/** The files of an adapter, by name. Its configuration is the last. */
export interface AdapterFiles {
  readonly name: string;
  readonly files: ReadonlyMap<string, BlobLike>;
}

/** The files that lie in a folder, and not in one below it, by name. */
function within(given: readonly GivenFile[], folder: string): Map<string, BlobLike> {
  const inside = given.filter(({ path }) => folderOf(path) === folder);
  return new Map(inside.map(({ path, blob }) => [path.slice(folder.length), blob]));
}

const CHECKPOINT = /^(.*)step-(\d+)\/$/;

/** The step in the name of a checkpoint's folder. */
const stepOf = (folder: string) => Number(CHECKPOINT.exec(folder)?.[2] ?? -1);

/** A name that a file of a run, a checkpoint or an adapter has. */
const isPlain = (file: string) => /^\w[\w.-]*$/.test(file);

/** Where a workspace of this page begins among files; `undefined` if there is none. */
function workspaceOf(given: readonly GivenFile[]): string | undefined {
  const paths = new Set(given.map(({ path }) => path));
  const ending = `${RUN_FOLDER}/${CONFIG_YAML}`;
  return given
    .filter(({ path }) => path === ending || path.endsWith(`/${ending}`))
    .map(({ path }) => path.slice(0, -ending.length))
    .sort((a, b) => a.length - b.length)
    .find((root) => paths.has(root + ROWS_PATH));
}

/**
 * Finds a run that was downloaded from this page, and perhaps continued on the command line since: a folder `run`, and beside it
 * the rows that were pasted. Only its newest checkpoint is taken.
 *
 * @returns `undefined` if there is none.
 * @throws AttuneError FILE_NOT_FOUND if it has no checkpoint; FILE_CORRUPT if it is larger than a run of a page.
 */
export function findTunedRun(given: GivenFiles): TunedRunFiles | undefined {
  checkPaths(given);
  const root = workspaceOf(given.files);
  if (root === undefined) return undefined;
  const run = `${root}${RUN_FOLDER}/`;
  const [newest] = given.files
    .map(({ path }) => path)
    .filter((path) => path.startsWith(`${run}${CHECKPOINTS}/step-`) && path.endsWith('/trainer_state.json'))
    .map((path) => folderOf(path))
    .sort((a, b) => stepOf(b) - stepOf(a));
  if (newest === undefined || stepOf(newest) < 0) {
    throw new AttuneError(
      'FILE_NOT_FOUND',
      `The run in ${given.name} has no checkpoint: checkpoints/step-N/.`,
      {
        fix: 'Open the folder of its model, or of its adapter.',
      },
    );
  }
  const samples = [...within(given.files, `${run}${SAMPLES}/`)]
    .filter(([file]) => (stepOfSample(file) ?? Infinity) <= stepOf(newest))
    .sort(([a], [b]) => stepOfSample(b)! - stepOfSample(a)!)
    .slice(0, MAX_SAMPLES);
  const files = new Map<string, BlobLike>();
  const take = (folder: string, some: Iterable<readonly [string, BlobLike]>, only = isPlain) => {
    for (const [file, blob] of some) if (only(file)) files.set(`${folder}/${file}`, blob);
  };
  const checkpoint = newest.slice(run.length, -1);
  take(RUN_FOLDER, within(given.files, run), (file) => [CONFIG_YAML, RUN_JSON, METRICS_JSONL].includes(file));
  take(`${RUN_FOLDER}/${SAMPLES}`, samples);
  take(`${RUN_FOLDER}/final`, within(given.files, `${run}final/`));
  take(`${RUN_FOLDER}/${checkpoint}`, within(given.files, newest));
  take(ROWS, within(given.files, `${root}${ROWS}/`), (file) =>
    [PASTED, ROWS_PATH].some((path) => path.endsWith(file)),
  );
  take(ADAPTER_FOLDER, within(given.files, `${root}${ADAPTER_FOLDER}/`));
  requireSmall(given.name, files);
  return { name: given.name, files, checkpoint: checkpoint.slice(CHECKPOINTS.length + 1) };
}

function requireSmall(name: string, files: ReadonlyMap<string, BlobLike>): void {
  const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
  if (bytes <= MAX_RUN_BYTES) return;
  throw new AttuneError(
    'FILE_CORRUPT',
    `The run in ${name} has ${bytes} bytes, and at most ${MAX_RUN_BYTES} are read.`,
    {
      fix: 'Go on with it on the command line: attune finetune --resume run.',
    },
  );
}

/**
 * Finds an adapter: the outermost one, which in a run of the command line is the finished one, else that of its newest checkpoint.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT, INVALID_ARGUMENT.
 */
export function findAdapterFiles(given: GivenFiles): AdapterFiles {
  checkPaths(given);
  const { name } = given;
  const depth = (folder: string) => folder.split('/').length;
  const [root] = given.files
    .filter(({ path }) => path.slice(folderOf(path).length) === ADAPTER_CONFIG_JSON)
    .map(({ path }) => folderOf(path))
    .sort((a, b) => depth(a) - depth(b) || stepOf(b) - stepOf(a) || (a < b ? -1 : 1));
  const inside = root === undefined ? new Map<string, BlobLike>() : within(given.files, root);
  if (root === undefined || !inside.has(ADAPTER_SAFETENSORS)) {
    const isModel = given.files.some(({ path }) => path.endsWith(CONFIG_JSON));
    const lacks = root === undefined ? ADAPTER_CONFIG_JSON : ADAPTER_SAFETENSORS;
    throw new AttuneError('FILE_NOT_FOUND', `${name} has no ${lacks}.`, {
      fix: isModel
        ? 'That is a model. To open it, choose “Open another” first.'
        : `Choose the folder of an adapter: ${ADAPTER_CONFIG_JSON} and ${ADAPTER_SAFETENSORS}.`,
    });
  }
  const companions = [...inside].filter(
    ([file]) => isModelFile(file) && !file.endsWith('.safetensors') && file !== CONFIG_JSON,
  );
  const files = new Map([
    ...companions,
    [ADAPTER_SAFETENSORS, inside.get(ADAPTER_SAFETENSORS)!],
    [ADAPTER_CONFIG_JSON, inside.get(ADAPTER_CONFIG_JSON)!],
  ]);
  checkCompanions(files, name);
  return { name: plainName(nameOf(root, name)), files };
}

/** The name of an adapter's folder; of those within runs, that of the run. */
function nameOf(root: string, given: string): string {
  const own = root.split('/').filter((part) => part !== '' && !/^(final|checkpoints|step-\d+)$/.test(part));
  return own.at(-1) ?? given.replace(/\.zip$/i, '');
}
