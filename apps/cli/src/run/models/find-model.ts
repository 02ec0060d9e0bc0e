import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import { ADAPTER_CONFIG_JSON } from '@attune/formats';
import { latestCheckpoint } from '@attune/formats/node';
import { missingFolder } from '@attune/hub';
import { exists } from '../../environment/files.js';

/** True if a folder holds a model, or an adapter, which names its model. */
async function holdsModel(folder: string): Promise<boolean> {
  return (await exists(join(folder, 'config.json'))) || exists(join(folder, ADAPTER_CONFIG_JSON));
}

/**
 * The model folder that a path stands for: itself, or, if it is a run's, the finished model, or else the last
 * checkpoint.
 *
 * @throws AttuneError FILE_NOT_FOUND.
 */
export async function findModel(path: string): Promise<string> {
  if (!(await exists(path))) throw missingFolder(path);
  const final = join(path, 'final');
  for (const folder of [path, final]) if (await holdsModel(folder)) return folder;
  const checkpoint = await latestCheckpoint(path);
  if (checkpoint !== undefined) return checkpoint;
  throw new AttuneError('FILE_NOT_FOUND', `There is no model in ${path}.`, {
    fix:
      'Name the folder of a run, one with a config.json and a model.safetensors, or a model of the hub as ' +
      'organisation/model.',
  });
}
