import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { AttuneError, fileReadError } from '@attune/core';
import { quote } from '../http/quote.js';
import { isPlainName, sameElsewhere } from '../repository/hub-file.js';
import { globPattern } from './glob.js';

/** A file of a folder that may go up. */
export interface FolderFile {
  /** Its path in the folder, with slashes: and in the repository. */
  readonly path: string;
  /** Where it is on this disk. */
  readonly source: string;
  readonly size: number;
}

/** The files of a folder, told apart. */
export interface FolderFiles {
  readonly taken: readonly FolderFile[];
  /** Paths of those that stay here, unless they are included by name. A folder that is not looked into ends with a slash. */
  readonly left: readonly string[];
}

/** The files that make up a model, in any of the forms that attune writes; what is beside it in such folders stays. */
const MODEL_FILES: readonly RegExp[] = [
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|labels|meta|processor_config)\.json$/,
  /^(merges\.txt|vocab\.txt|tokenizer\.model|chat_template\.jinja|chat_template\.json)$/,
  /^(model|adapter_model)(-\d{5}-of-\d{5})?\.safetensors$/,
  /^model\.safetensors\.index\.json$/,
  /^adapter_config\.json$/,
  /^[^/]+\.gguf$/,
  /^([^/]+\/)?[^/]+\.onnx(_data(_\d+)?)?$/,
  /^[^/]+\/(adapter_config\.json|adapter_model\.safetensors)$/,
  // Adapters beside an ONNX model that takes them as inputs.
  /^adapters\/[^/]+\.safetensors$/,
  /^Modelfile$/,
  /^(README|MODEL_CARD)\.md$/,
  /^(LICEN[CS]E|NOTICE|COPYING)(\.(txt|md))?$/,
];

/** Folders that are not looked into, unless something in them is included: of a run, and of programs. */
const CLOSED = /^(checkpoints|samples|data|node_modules)$/;

/** More are no model. */
const MAX_FILES = 10_000;
const MAX_DEPTH = 4;

const isDotted = (path: string) => path.split('/').some((name) => name.startsWith('.'));

/** @throws AttuneError INVALID_CONFIG for a link that leads out of the folder: what it leads to was not meant. */
async function checkInside(root: string, path: string): Promise<void> {
  const real = await realpath(join(root, path)).catch((error: unknown) => {
    throw fileReadError(join(root, path), error, 'Remove the link, or put back what it leads to.');
  });
  if (real.startsWith(root.endsWith(sep) ? root : root + sep)) return;
  throw new AttuneError('INVALID_CONFIG', `${quote(path)} is a link that leads out of the folder.`, {
    fix: 'Put a copy of the file in its place, or push a copy of the folder.',
  });
}

/**
 * The files of a folder that go to a repository: those that make up a model, and those that a pattern includes. No name that begins with a
 * dot ever does, nor what a link leads to outside of the folder.
 *
 * @param include patterns over whole paths: `*`, `?`, and `**` for folders.
 * @throws AttuneError INVALID_CONFIG, FILE_NOT_FOUND, FILE_READ.
 */
export async function listFolder(folder: string, include: readonly string[] = []): Promise<FolderFiles> {
  const patterns = include.map((glob) => ({ glob, pattern: globPattern(glob), used: false }));
  const root = await realpath(folder).catch((error: unknown) => {
    throw fileReadError(folder, error, 'Name the folder of a model, of an adapter or of a run.');
  });
  const [taken, left]: [FolderFile[], string[]] = [[], []];
  let seen = 0;
  const wanted = (path: string) => {
    const fits = patterns.filter(({ pattern }) => pattern.test(path));
    for (const one of fits) one.used = true;
    return fits.length > 0 || MODEL_FILES.some((kind) => kind.test(path));
  };
  const visit = async (inside: string, depth: number): Promise<void> => {
    const entries = await readdir(join(root, inside), { withFileTypes: true }).catch((error: unknown) => {
      throw fileReadError(
        join(folder, inside),
        error,
        'Name the folder of a model, of an adapter or of a run.',
      );
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (++seen > MAX_FILES) {
        throw new AttuneError('INVALID_CONFIG', `${folder} has more than ${MAX_FILES} files.`, {
          fix: 'Name the folder of a model, of an adapter or of a run.',
        });
      }
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (isDotted(path)) {
        left.push(path);
        continue;
      }
      const isWanted = wanted(path);
      // What stays here may lead wherever it likes.
      if (entry.isSymbolicLink() && !isWanted) {
        left.push(path);
        continue;
      }
      if (entry.isSymbolicLink()) await checkInside(root, path);
      const source = join(root, path);
      const facts = await stat(source);
      if (facts.isDirectory()) {
        const open = !CLOSED.test(entry.name) || include.some((glob) => glob.startsWith(`${path}/`));
        if (open && depth < MAX_DEPTH && !entry.isSymbolicLink()) await visit(path, depth + 1);
        else left.push(`${path}/`);
      } else if (isWanted && facts.isFile()) {
        if (!isPlainName(entry.name)) {
          throw new AttuneError(
            'INVALID_CONFIG',
            `${quote(path)} is a name that not every system can have.`,
            {
              fix: 'Rename it.',
            },
          );
        }
        taken.push({ path, source, size: facts.size });
      } else left.push(path);
    }
  };
  await visit('', 0);
  const unused = patterns.find(({ used }) => !used);
  if (unused) {
    throw new AttuneError('INVALID_CONFIG', `--include ${quote(unused.glob)} is of no file in ${folder}.`, {
      fix: 'Write a path in the folder, with * for a part of a name and ** for folders. Names that begin with a dot never go up.',
    });
  }
  const same = sameElsewhere(taken.map(({ path }) => path));
  if (same) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `${quote(same[0])} and ${quote(same[1])} are one file elsewhere.`,
      {
        fix: 'Rename one of them.',
      },
    );
  }
  return { taken, left };
}
