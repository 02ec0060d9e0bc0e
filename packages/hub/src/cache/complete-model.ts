import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPlainName } from '../repository/hub-file.js';
import { INDEX, MAX_INDEX_BYTES, shardNames } from '../repository/select-files.js';
import { readSmallFile } from './read-small-file.js';

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

async function shardsOf(folder: string): Promise<readonly string[] | undefined> {
  try {
    const shards = shardNames(JSON.parse(await readSmallFile(join(folder, INDEX), MAX_INDEX_BYTES)));
    return shards?.every(isPlainName) ? shards : undefined;
  } catch {
    return undefined;
  }
}

/**
 * True if a snapshot, which another program may have fetched in part, has all that a model or an adapter is read
 * from.
 */
export async function isComplete(folder: string): Promise<boolean> {
  const hasAll = async (names: readonly string[]) => {
    for (const name of names) if (!(await isFile(join(folder, name)))) return false;
    return true;
  };
  if (await hasAll(['adapter_config.json', 'adapter_model.safetensors'])) return true;
  if (!(await hasAll(['config.json']))) return false;
  if (await hasAll(['model.safetensors'])) return true;
  const shards = await shardsOf(folder);
  return shards !== undefined && shards.length > 0 && (await hasAll(shards));
}
