import { join } from 'node:path';
import { META_JSON } from '@attune/data';
import { isUnfinishedTokenFolder } from '@attune/data/node';
import type { LocatedModel, Ranks, RunHost } from '@attune/runs';
import { diskHost } from '@attune/runs/node';
import { withBackend } from '../../backends/open-backend.js';
import { yamlFormat } from '../../config/config-file.js';
import type { Context } from '../../environment/context.js';
import { exists } from '../../environment/files.js';
import { attuneVersion } from '../../environment/version.js';
import { locate, locateHere } from './locate-model.js';
import type { Target } from './target.js';
import { prepareEmbeddedCorpus } from './embedded-corpus.js';

/**
 * This machine, as runs and models see it: its disk, and the hub.
 *
 * @param target with a trial, nothing is written, and models of the hub are those that the cache has.
 */
export function runHost(context: Context, { trial }: Pick<Target, 'trial'> = {}): RunHost {
  const { ranks } = context;
  const find = (name: string) => (trial ? locateHere : locate)(name, context);
  const host = diskHost({
    format: yamlFormat,
    ...(trial && { folder: (path) => trial.folder(path, 'Check the path.') }),
    locate: (name) => (ranks ? locateTogether(ranks, name, find) : find(name)),
    warn: (message) => void context.stderr.write(`warning: ${message}\n`),
    withBackend: (chosen, work) => withBackend(chosen, context, work),
    versions: () => ({ attune: attuneVersion(), node: process.version }),
    async prepareOwnData({ name }, anew) {
      const isWhole = (await exists(join(name, META_JSON))) && !(await isUnfinishedTokenFolder(name));
      if (!anew && isWhole) return;
      if (trial) trial.note({ path: `${name}/`, kind: 'extend' });
      else await prepareEmbeddedCorpus(name);
    },
  });
  if (!ranks) return host;
  const { localSize } = ranks.communicator;
  return { ...host, ranks, memoryOf: (backend) => host.memoryOf(backend) / localSize };
}

/** Finds a model on rank 0, which may have to fetch it, then the same commit of it on the others. */
async function locateTogether(
  ranks: Ranks,
  name: string,
  find: (name: string) => Promise<LocatedModel>,
): Promise<LocatedModel> {
  const found = ranks.leads ? await find(name) : undefined;
  const exact = await ranks.share(found?.name ?? '');
  return found ?? find(exact);
}
