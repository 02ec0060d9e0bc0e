import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isUnfinishedTokenFolder, openExamples, openTokenFolder } from '@attune/data/node';
import { diskFolder } from '@attune/files/node';
import { readAdapterFolder } from '@attune/formats/node';
import type { RunHost } from '@attune/runs';
import { yamlFormat } from '../../config/config-file.js';
import type { Context } from '../../environment/context.js';
import { exists } from '../../environment/files.js';
import { memoryOf } from './host-memory.js';
import { baseOf } from '../models/base-name.js';
import { companionFiles } from '../models/companion-files.js';
import { digestOf } from '../models/digest.js';
import { modelOfCheckpoint, openAnyModel, softwareVersions } from '../models/model-folder.js';
import { openTextOf } from '../models/model-text.js';
import { readSteadily } from '../models/steady-read.js';
import { withBackend } from '../../backends/open-backend.js';
import { prepareEmbeddedCorpus } from './embedded-corpus.js';

/** This machine, as runs see it. */
export function runHost(context: Context): RunHost {
  return {
    folder: (path) => diskFolder(path),
    format: yamlFormat,

    withBackend: (name, work) => withBackend(name, context, work),
    memoryOf,
    versions: softwareVersions,
    platform: `${process.platform} ${process.arch}`,
    // An engine that computes on this thread may never let the event loop turn between two steps.
    breathe: () => setImmediate(),

    openModel: (model) => openAnyModel({ model }, context),
    openModelAndText: (model, template) =>
      readSteadily(
        [model],
        async () => {
          const opened = await openAnyModel({ model }, context);
          return { ...opened, text: await openTextOf(opened.textFolders, template) };
        },
        (opened) => opened.text.close(),
      ),
    modelOfCheckpoint,
    readAdapter: readAdapterFolder,
    companionFiles: (model, text) => companionFiles(model, text ? { text } : {}),
    baseOf,
    digest: digestOf,

    async prepareOwnData({ name }, anew) {
      const isWhole = (await exists(join(name, 'meta.json'))) && !(await isUnfinishedTokenFolder(name));
      if (anew || !isWhole) await prepareEmbeddedCorpus(name);
    },
    openTokens: (path, bare) => openTokenFolder(path, { bare }),
    openRows: openExamples,
  };
}
