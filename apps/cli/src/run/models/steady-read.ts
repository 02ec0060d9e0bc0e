import { stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { AttuneError } from '@attune/core';
import { findModel } from './find-model.js';

/** A folder as it was found: its path, and what tells it from another that takes its place. */
interface Seen {
  readonly path: string;
  readonly dev: bigint;
  readonly ino: bigint;
}

/** So often a folder may be replaced while it is read, by a trainer that writes a checkpoint at every step. */
const MAX_TRIES = 50;
const PAUSE_MS = 20;

/** The folder that `--model` or `--adapter` stands for at this moment; `undefined` if it is none on the disk. */
async function see(given: string): Promise<Seen | undefined> {
  try {
    const path = await findModel(given);
    const { dev, ino } = await stat(path, { bigint: true });
    return { path, dev, ino };
  } catch {
    return undefined;
  }
}

async function isStill({ path, dev, ino }: Seen): Promise<boolean> {
  const now = await stat(path, { bigint: true }).catch(() => undefined);
  return now?.dev === dev && now.ino === ino;
}

/** True if all that was seen is still there, and nothing has come where nothing was. */
async function isSteady(given: readonly string[], seen: readonly (Seen | undefined)[]): Promise<boolean> {
  const steady = seen.map(async (one, i) => (one ? isStill(one) : (await see(given[i]!)) === undefined));
  return (await Promise.all(steady)).every(Boolean);
}

/**
 * Reads a model, with all that is read of its folder. Of a run that is being trained, that is a checkpoint, which may be
 * replaced by a newer one while it is read: then what was read is thrown away, be it an error or a model without its
 * tokenizer, and the newest is read.
 *
 * @param given what `--model` and `--adapter` name.
 * @param release frees what is thrown away.
 * @throws AttuneError FILE_READ if the folder never stays for long enough; what `read` throws.
 */
export async function readSteadily<T>(
  given: readonly (string | undefined)[],
  read: () => Promise<T>,
  release: (value: T) => Promise<void> = async () => undefined,
): Promise<T> {
  const named = given.filter((one) => one !== undefined);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const seen = await Promise.all(named.map(see));
    let value: T;
    try {
      value = await read();
    } catch (error) {
      await setTimeout(PAUSE_MS);
      if (await isSteady(named, seen)) throw error;
      continue;
    }
    if (await isSteady(named, seen)) return value;
    await release(value);
    await setTimeout(PAUSE_MS);
  }
  throw new AttuneError('FILE_READ', `${named.join(' and ')}: replaced faster than it can be read.`, {
    fix: 'Train with a larger --checkpoint-interval, or copy a checkpoint and name the copy.',
  });
}
