import { AttuneError } from '@attune/core';
import type { Folder } from '@attune/files';
import { ADAPTER_CONFIG_JSON, checkpointFolder, CONFIG_JSON, wholeCheckpoints } from '@attune/formats';
import { FINAL } from '../../record/run-files.js';
import { hasEntry } from './folder-entries.js';

/**
 * Returns the model folder that a folder stands for: itself, or, if it is a run's, the finished model, or else the last
 * checkpoint. An adapter is a model, too: it names the one below it.
 *
 * @throws AttuneError FILE_NOT_FOUND.
 */
export async function findModel(folder: Folder): Promise<Folder> {
  for (const one of [folder, folder.folder(FINAL)]) {
    if (await hasEntry(one, CONFIG_JSON, ADAPTER_CONFIG_JSON)) return one;
  }
  const [checkpoint] = await wholeCheckpoints(folder);
  if (checkpoint) return checkpointFolder(folder, checkpoint.name);
  const isThere = (await folder.list()) !== undefined;
  throw new AttuneError(
    'FILE_NOT_FOUND',
    isThere ? `There is no model in ${folder.name}.` : `There is no folder ${folder.name}.`,
    {
      fix:
        'Name the folder of a run, one with a config.json and a model.safetensors, or a model of the hub as ' +
        'organisation/model.',
    },
  );
}
