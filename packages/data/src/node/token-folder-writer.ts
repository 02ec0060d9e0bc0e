import { createHash, type Hash } from 'node:crypto';
import { lstat, open, readdir, rename, rm, rmdir, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError, fileWriteError } from '@attune/core';
import { readJson } from '@attune/files';
import { diskFolder, isAlive, makeFolder, removeLeftBehind, temporaryPath } from '@attune/files/node';
import {
  isUnfinishedMeta,
  META_JSON,
  TRAIN_BIN,
  UNFINISHED_META,
  VAL_BIN,
  type TokenMeta,
} from '../prepare/token-meta.js';
import type { Tokenizer } from '../tokenizers/index.js';
import { MAX_TOKENIZER_BYTES } from '../tokenizers/tokenizer-size.js';
import type { Split } from '../tokens/index.js';

/** A token folder that is being written. End it with `commit` or `discard`. */
export interface TokenFolderWriter {
  /** Adds ids to the end of a split. Calls do not overlap. */
  append(split: Split, ids: Uint16Array | Uint32Array): Promise<void>;
  /**
   * Writes `meta.json` and the files of the tokenizer, and puts all in place.
   *
   * @returns `meta` with the checksums of the files.
   */
  commit(meta: Omit<TokenMeta, 'sha256'>, tokenizer: Tokenizer): Promise<TokenMeta>;
  /** Leaves the folder as it was found. */
  discard(): Promise<void>;
}

/**
 * Begins to write a token folder, which is made if it does not exist. All files are written under temporary names, which
 * nobody can guess and where links are not followed, and then renamed. While they are, `meta.json` says that they are not
 * all in place: a folder has what it had, or what is new, or is refused until it is written again. What an earlier process
 * left behind when it was killed is removed.
 *
 * @throws AttuneError FILE_WRITE, as its methods do; also if the folder is a link, which somebody else may have put there.
 */
export async function createTokenFolder(folder: string): Promise<TokenFolderWriter> {
  const names = new Map<string, string>();
  /** The temporary path of a file, which stays the same. */
  const temporary = (name: string) => {
    const path = names.get(name) ?? temporaryPath(join(folder, name));
    names.set(name, path);
    return path;
  };
  const guarded = async <T>(write: () => Promise<T>): Promise<T> => {
    try {
      return await write();
    } catch (error) {
      throw fileWriteError(folder, error);
    }
  };
  const written: string[] = [];
  const made = await guarded(async () => {
    await refuseLink(folder);
    return makeFolder(folder);
  });

  const discard = async () => {
    await Promise.allSettled(Object.values(bins).map(({ file }) => file.close()));
    await Promise.allSettled(written.map((name) => rm(temporary(name), { force: true })));
    if (made) await rmdir(folder).catch(() => undefined);
  };
  const create = async (name: string): Promise<Bin> => {
    const file = await open(temporary(name), 'wx');
    written.push(name);
    return { name, file, hash: createHash('sha256') };
  };
  const bins = {} as Record<Split, Bin>;
  try {
    await removeLeftovers(folder);
    bins.train = await create(TRAIN_BIN);
    bins.val = await create(VAL_BIN);
  } catch (error) {
    await discard();
    throw fileWriteError(folder, error);
  }

  return {
    append: (split, ids) =>
      guarded(async () => {
        const { file, hash } = bins[split];
        const bytes = new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
        hash.update(bytes);
        for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done)).bytesWritten;
      }),
    commit: (unhashed, tokenizer) =>
      guarded(async () => {
        for (const { file } of Object.values(bins)) {
          await file.sync();
          await file.close();
        }
        const sha256 = { [TRAIN_BIN]: digest(bins.train), [VAL_BIN]: digest(bins.val) };
        const meta = { ...unhashed, sha256 } as TokenMeta;
        const documents = { ...tokenizer.files, [META_JSON]: meta, [UNFINISHED]: UNFINISHED_META };
        for (const [name, value] of Object.entries(documents)) {
          const text = `${JSON.stringify(value, null, 2)}\n`;
          written.push(name);
          await writeFile(temporary(name), text, { flag: 'wx', flush: true });
        }
        await rename(temporary(UNFINISHED), join(folder, META_JSON));
        for (const name of tokenFolderFiles(Object.keys(tokenizer.files ?? {}))) {
          await rename(temporary(name), join(folder, name));
        }
        return meta;
      }),
    discard,
  };
}

/** The files of a token folder in the order in which they are put in place. @param own those of the tokenizer. */
export function tokenFolderFiles(own: readonly string[]): readonly string[] {
  return [TRAIN_BIN, VAL_BIN, ...own, META_JSON];
}

/** Refuses a folder that is a link. Folders above may be links. @throws AttuneError FILE_WRITE. */
export async function refuseLink(folder: string): Promise<void> {
  const stats = await lstat(folder).catch(() => undefined);
  if (!stats?.isSymbolicLink()) return;
  throw new AttuneError('FILE_WRITE', `${folder} is a link to another folder. Nothing was written.`, {
    fix: 'Name the folder that it leads to, or choose another.',
    data: { path: folder },
  });
}

/** The content of `meta.json` for as long as it takes to rename the other files. */
const UNFINISHED = 'meta.json.unfinished';

interface Bin {
  readonly name: string;
  readonly file: FileHandle;
  readonly hash: Hash;
}

function digest({ hash }: Bin): string {
  return hash.digest('hex');
}

/**
 * True for a folder whose files were being put in place when the process was ended: some may be of what was there before.
 * To write it again loses nothing that is whole.
 */
export async function isUnfinishedTokenFolder(folder: string): Promise<boolean> {
  try {
    return isUnfinishedMeta(await readJson(diskFolder(folder), META_JSON, { maxBytes: MAX_TOKENIZER_BYTES }));
  } catch {
    return false;
  }
}

/** The files that a process may have left unfinished when it was killed. */
const FILES = [TRAIN_BIN, VAL_BIN, META_JSON, UNFINISHED, 'tokenizer.json', 'tokenizer_config.json'];

/** Temporary names of earlier versions, with the process that gave them. */
const EARLIER =
  /^\.(?:train\.bin|val\.bin|meta\.json|meta\.json\.unfinished|tokenizer\.json|tokenizer_config\.json)\.(\d+)(?:\.[0-9a-f]{16})?\.tmp$/;

/** Removes temporary files of processes that are no more. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of FILES) await removeLeftBehind(join(folder, name));
  for (const name of await readdir(folder)) {
    const pid = Number(EARLIER.exec(name)?.[1] ?? NaN);
    if (Number.isSafeInteger(pid) && !isAlive(pid)) await rm(join(folder, name), { force: true });
  }
}
