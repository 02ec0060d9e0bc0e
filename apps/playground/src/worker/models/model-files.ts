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

/** A file with its path in the folder that was opened. */
export interface GivenFile {
  readonly path: string;
  readonly blob: BlobLike;
}

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

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);
const depthOf = (folder: string) => folder.split('/').length;

/** A name that every file system and every command line takes. */
export function plainName(name: string): string {
  const plain = name
    .normalize('NFKC')
    .replaceAll(/[^\w.-]+/g, '-')
    .replaceAll(/^[-._]+|[-._]+$/g, '')
    .slice(0, 60);
  // These are the names of the workspace's own folders.
  return plain === '' || ['rows', 'run'].includes(plain) ? `${plain || 'local'}-model` : plain;
}

/** True for a file that a model is read from. Nothing that has to be unpickled is among them. */
export const isModelFile = (name: string): boolean =>
  COMPANIONS.includes(name) || /^[\w.-]+\.safetensors$/.test(name);

/** @throws AttuneError INVALID_ARGUMENT, FILE_CORRUPT. */
function checkPaths(given: readonly GivenFile[], name: string): void {
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
    { fix: 'Choose the folder of a model: config.json, model.safetensors and the files of its tokenizer.' },
  );
}

/**
 * Finds the model among files: that of the outermost folder with a `config.json`.
 *
 * @param given the files of a folder, a drop or an archive.
 * @param name of that, for messages, and for files that lie in no folder.
 * @throws AttuneError FILE_NOT_FOUND, INVALID_ARGUMENT, FILE_CORRUPT.
 */
export function findModelFiles(given: readonly GivenFile[], name: string): ModelFiles {
  checkPaths(given, name);
  const root = rootOf(given, name);
  const files = new Map<string, BlobLike>();
  for (const { path, blob } of given) {
    const file = path.slice(root.length);
    if (folderOf(path) === root && isModelFile(file)) files.set(file, blob);
  }
  for (const [file, { size }] of files) {
    if (COMPANIONS.includes(file) && size > MAX_COMPANION_BYTES) {
      throw new AttuneError(
        'FILE_CORRUPT',
        `${name}: ${file} has ${size} bytes, more than such a file has.`,
        {
          fix: 'Do not use it.',
        },
      );
    }
    // The one file of weights counts, whatever else lies beside it.
    const isOther = file === INDEX_JSON || (file.endsWith('.safetensors') && file !== MODEL_SAFETENSORS);
    if (isOther && files.has(MODEL_SAFETENSORS)) files.delete(file);
  }
  const own = root.split('/').filter(Boolean).at(-1) ?? name.replace(/\.zip$/i, '');
  return { name: plainName(own), files };
}
