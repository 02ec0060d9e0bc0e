import { AttuneError } from '@attune/core';
import { META_JSON } from '@attune/data';
import { staysInside, type BlobLike } from '@attune/files';
import {
  CONFIG_JSON,
  GENERATION_CONFIG_JSON,
  INDEX_JSON,
  MODEL_SAFETENSORS,
  TOKENIZER_FILES,
} from '@attune/formats';
import type { GivenFile, GivenFiles } from './given-files.js';

/** The files of a model, by name, and the name of its folder. */
export interface ModelFiles {
  readonly name: string;
  readonly files: ReadonlyMap<string, BlobLike>;
}

/** Files of a model's folder beside its weights. */
const COMPANIONS: readonly string[] = [
  CONFIG_JSON,
  GENERATION_CONFIG_JSON,
  INDEX_JSON,
  META_JSON,
  'chat_template.json',
  ...TOKENIZER_FILES,
];

/** More files than the folder of a model has: somebody chose a whole disk. */
const MAX_FILES = 20_000;
/** A `tokenizer.json` has up to 30 MB. */
const MAX_COMPANION_BYTES = 2 ** 28;

/** The folder that a path is in, with a slash at its end; empty for none. */
export const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);
const depthOf = (folder: string) => folder.split('/').length;

/** A name that every file system and every command line takes. */
export function plainName(name: string): string {
  const plain = name
    .normalize('NFKC')
    .replaceAll(/[^\w.-]+/g, '-')
    .replaceAll(/^[-._]+|[-._]+$/g, '')
    .slice(0, 60);
  // These are the names of the workspace's own folders.
  return plain === '' || ['rows', 'run', 'opened-adapter'].includes(plain)
    ? `${plain || 'local'}-model`
    : plain;
}

/** True for a file that a model is read from. Nothing that has to be unpickled is among them. */
export const isModelFile = (name: string): boolean =>
  COMPANIONS.includes(name) || /^[\w.-]+\.safetensors$/.test(name);

/** Refuses files that leave their folder, and more than a folder has. @throws AttuneError INVALID_ARGUMENT, FILE_CORRUPT. */
export function checkPaths({ files: given, name }: GivenFiles): void {
  if (given.length > MAX_FILES) {
    throw new AttuneError('INVALID_ARGUMENT', `${name} has more than ${MAX_FILES} files.`, {
      fix: 'Choose the folder of one model.',
    });
  }
  const outside = given.find(({ path }) => !staysInside(path));
  if (!outside) return;
  throw new AttuneError(
    'FILE_CORRUPT',
    `${name} has a file outside of itself: ${JSON.stringify(outside.path)}.`,
    { fix: 'Do not use it.' },
  );
}

/** The outermost folder with a `config.json`. @throws AttuneError FILE_NOT_FOUND. */
function rootOf(given: readonly GivenFile[], name: string): string {
  const [root] = given
    .filter(({ path }) => path.slice(folderOf(path).length) === CONFIG_JSON)
    .map(({ path }) => folderOf(path))
    .sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1));
  if (root !== undefined) return root;
  const isAdapter = given.some(({ path }) => path.endsWith('adapter_config.json'));
  throw new AttuneError(
    'FILE_NOT_FOUND',
    isAdapter ? `${name} is an adapter, without the model below it.` : `${name} has no ${CONFIG_JSON}.`,
    {
      fix: isAdapter
        ? 'Open that model first, and then the adapter.'
        : 'Choose the folder of a model: config.json, model.safetensors and the files of its tokenizer.',
    },
  );
}

/** Refuses a file beside weights that is larger than such a file is. @throws AttuneError FILE_CORRUPT. */
export function checkCompanions(files: ReadonlyMap<string, BlobLike>, name: string): void {
  for (const [file, { size }] of files) {
    if (file.endsWith('.safetensors') || size <= MAX_COMPANION_BYTES) continue;
    throw new AttuneError('FILE_CORRUPT', `${name}: ${file} has ${size} bytes, more than such a file has.`, {
      fix: 'Do not use it.',
    });
  }
}

/**
 * Finds the model among files: that of the outermost folder with a `config.json`.
 *
 * @param given the files of a folder, a drop or an archive; its name is that of files that lie in no folder.
 * @throws AttuneError FILE_NOT_FOUND, INVALID_ARGUMENT, FILE_CORRUPT.
 */
export function findModelFiles(given: GivenFiles): ModelFiles {
  checkPaths(given);
  const { name } = given;
  const root = rootOf(given.files, name);
  const files = new Map<string, BlobLike>();
  for (const { path, blob } of given.files) {
    const file = path.slice(root.length);
    if (folderOf(path) === root && isModelFile(file)) files.set(file, blob);
  }
  checkCompanions(files, name);
  for (const file of [...files.keys()]) {
    // The one file of weights counts, whatever else lies beside it.
    const isOther = file === INDEX_JSON || (file.endsWith('.safetensors') && file !== MODEL_SAFETENSORS);
    if (isOther && files.has(MODEL_SAFETENSORS)) files.delete(file);
  }
  const own = root.split('/').filter(Boolean).at(-1) ?? name.replace(/\.zip$/i, '');
  return { name: plainName(own), files };
}
