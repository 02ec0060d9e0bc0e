import { AttuneError } from '@attune/core';
import type { Folder } from '@attune/files';
import { findModel } from './find-model.js';
import type { ModelHost } from '../model/host.js';

/** A model's folder as it was found, and what tells it from another that takes its place. */
interface Seen {
  readonly folder: Folder;
  readonly identity: string | undefined;
}

/** So often a folder may be replaced while it is read, by a trainer that writes a checkpoint at every step. */
const MAX_TRIES = 50;
const PAUSE_MS = 20;

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/** The folder that a name stands for at this moment; `undefined` if it is none of the host's own. */
async function see(name: string, host: Pick<ModelHost, 'folder'>): Promise<Seen | undefined> {
  try {
    const folder = await findModel(host.folder(name));
    const identity = await folder.identity?.();
    return folder.identity && identity === undefined ? undefined : { folder, identity };
  } catch {
    return undefined;
  }
}

/** True if all that was seen is still there, and nothing has come where nothing was. */
async function isSteady(
  names: readonly string[],
  seen: readonly (Seen | undefined)[],
  host: Pick<ModelHost, 'folder'>,
): Promise<boolean> {
  const steady = seen.map(async (one, i) =>
    one ? (await one.folder.identity?.()) === one.identity : (await see(names[i]!, host)) === undefined,
  );
  return (await Promise.all(steady)).every(Boolean);
}

/**
 * Reads a model, with all that is read of its folder. Of a run that is being trained, that is a checkpoint, which may be
 * replaced by a newer one while it is read: then what was read is thrown away, be it an error or a model without its
 * tokenizer, and the newest is read.
 *
 * @param names of the model and of its adapter, as they were given.
 * @param release frees what is thrown away.
 * @throws AttuneError FILE_READ if the folder never stays for long enough; what `read` throws.
 */
export async function readSteadily<T>(
  names: readonly (string | undefined)[],
  host: Pick<ModelHost, 'folder'>,
  read: () => Promise<T>,
  release: (value: T) => Promise<void> = async () => undefined,
): Promise<T> {
  const named = names.filter((one) => one !== undefined);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const seen = await Promise.all(named.map((name) => see(name, host)));
    let value: T;
    try {
      value = await read();
    } catch (error) {
      await pause();
      if (await isSteady(named, seen, host)) throw error;
      continue;
    }
    if (await isSteady(named, seen, host)) return value;
    await release(value);
    await pause();
  }
  throw new AttuneError('FILE_READ', `${named.join(' and ')}: replaced faster than it can be read.`, {
    fix: 'Train with a larger --checkpoint-interval, or copy a checkpoint and name the copy.',
  });
}
