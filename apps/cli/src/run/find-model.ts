import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import { latestCheckpoint } from '@attune/formats/node';
import { exists } from './files.js';

/**
 * The model folder that a path stands for: itself, or, if it is a run's, the finished model, or else the last
 * checkpoint.
 *
 * @throws AttuneError FILE_NOT_FOUND.
 */
export async function findModel(path: string): Promise<string> {
  if (await exists(join(path, 'config.json'))) return path;
  const final = join(path, 'final');
  if (await exists(join(final, 'config.json'))) return final;
  const checkpoint = await latestCheckpoint(path);
  if (checkpoint !== undefined) return checkpoint;
  throw new AttuneError('FILE_NOT_FOUND', `There is no model in ${path}.`, {
    fix:
      'Name the folder of a run, one with a config.json and a model.safetensors, or a model of the hub as ' +
      'organisation/model.',
  });
}
