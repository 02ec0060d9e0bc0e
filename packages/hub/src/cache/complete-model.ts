import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonFile } from '@attune/files/node';
import {
  ADAPTER_CONFIG_JSON,
  ADAPTER_SAFETENSORS,
  CONFIG_JSON,
  INDEX_JSON,
  MODEL_SAFETENSORS,
} from '@attune/formats';
import { isPlainName } from '../repository/hub-file.js';
import { MAX_INDEX_BYTES, shardNames } from '../repository/select-files.js';

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

async function shardsOf(folder: string): Promise<readonly string[] | undefined> {
  try {
    const shards = shardNames(await readJsonFile(join(folder, INDEX_JSON), { maxBytes: MAX_INDEX_BYTES }));
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
  if (await hasAll([ADAPTER_CONFIG_JSON, ADAPTER_SAFETENSORS])) return true;
  if (!(await hasAll([CONFIG_JSON]))) return false;
  if (await hasAll([MODEL_SAFETENSORS])) return true;
  const shards = await shardsOf(folder);
  return shards !== undefined && shards.length > 0 && (await hasAll(shards));
}
