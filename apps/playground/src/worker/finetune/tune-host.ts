import { AttuneError } from '@attune/core';
import { exampleSource, openExampleParts } from '@attune/data';
import type { Folder, WritableFolder } from '@attune/files';
import type { RunHost } from '@attune/runs';
import type { BackendName } from '../../protocol.js';
import { deviceHost } from '../host/device-host.js';
import { readChunks } from '../host/read-chunks.js';
import { openTemplate } from '../models/templates.js';
import { storedModel, workspace, type StoredModel } from '../models/workspace.js';

/** Bytes read at a time. */
const CHUNK_BYTES = 2 ** 16;

/** Fine-tuning as it is done here: the model that is open, and the place that runs are at. */
export interface TunePlace {
  readonly model: StoredModel;
  readonly host: RunHost;
}

/**
 * This browser, as a run on rows sees it: the workspace is the folder that the run was called in, and its one model the
 * only one that there is.
 *
 * @param backend the one that the user chose, whatever the configuration says.
 * @param warn is told of what is odd about the model, and no error.
 * @throws AttuneError FILE_NOT_FOUND if no model is open.
 */
export async function tunePlace(
  backend: BackendName,
  warn: (message: string) => void = () => undefined,
): Promise<TunePlace> {
  const model = await storedModel();
  if (!model) {
    throw new AttuneError('FILE_NOT_FOUND', 'No model is open.', {
      fix: 'Open the folder of one, or the run that was pretrained here.',
    });
  }
  const space = await workspace();
  return { model, host: hostOf({ space, model, folder: space.folder(model.folder), chosen: backend, warn }) };
}

/** The parts of a place that fine-tunes. */
export interface TuneHostOptions {
  /** The folder that the run was called in. */
  readonly space: WritableFolder;
  readonly model: StoredModel;
  /** The folder of the model. */
  readonly folder: Folder;
  readonly chosen: BackendName;
  readonly warn?: (message: string) => void;
}

/** A folder and a model, as a run on rows sees them. */
export function hostOf({ space, model, folder, chosen, warn = () => undefined }: TuneHostOptions): RunHost {
  const parts = (path: string) => path.split('/').filter((part) => part !== '.' && part !== '');
  return {
    folder: (path) => parts(path).reduce((parent, name) => parent.folder(name), space),
    ...deviceHost(chosen),

    async openRows(path, options) {
      const file = await space.open(path, 'Paste some rows.');
      return openExampleParts({ train: exampleSource(readChunks(file, CHUNK_BYTES), path) }, options);
    },
    async prepareOwnData() {
      throw new AttuneError('INVALID_CONFIG', 'Fine-tuning learns from rows, and makes none.');
    },

    async locate(name) {
      if (name === model.name || parts(name).join('/') === model.folder) {
        return { folder, name: model.name };
      }
      throw new AttuneError('FILE_NOT_FOUND', `${name} is not the model that is open, ${model.name}.`, {
        fix: 'Open the model that the run was begun with.',
      });
    },
    locateBase: async () => model.name,
    openTemplate,
    warn,
  };
}
