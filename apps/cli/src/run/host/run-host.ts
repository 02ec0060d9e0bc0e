import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isUnfinishedTokenFolder, openExamples } from '@attune/data/node';
import type { RunHost } from '@attune/runs';
import { withBackend } from '../../backends/open-backend.js';
import { yamlFormat } from '../../config/config-file.js';
import type { Context } from '../../environment/context.js';
import { exists } from '../../environment/files.js';
import { attuneVersion } from '../../environment/version.js';
import { prepareEmbeddedCorpus } from './embedded-corpus.js';
import { memoryOf } from './host-memory.js';
import { modelHost } from '../models/model-host.js';

/** This machine, as runs see it. */
export function runHost(context: Context): RunHost {
  return {
    ...modelHost(context),
    format: yamlFormat,

    withBackend: (name, work) => withBackend(name, context, work),
    memoryOf,
    versions: () => ({ attune: attuneVersion(), node: process.version }),
    platform: `${process.platform} ${process.arch}`,
    // An engine that computes on this thread may never let the event loop turn between two steps.
    breathe: () => setImmediate(),

    openRows: openExamples,
    async prepareOwnData({ name }, anew) {
      const isWhole = (await exists(join(name, 'meta.json'))) && !(await isUnfinishedTokenFolder(name));
      if (anew || !isWhole) await prepareEmbeddedCorpus(name);
    },
  };
}
