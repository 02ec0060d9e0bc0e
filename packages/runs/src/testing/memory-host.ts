import { inProcessChatTemplate, openTemplateSources } from '@attune/data';
import { memoryFolder, type WritableFolder } from '@attune/files';
import type { ModelHost } from '../models/host.js';

/** A host whose models lie in memory, by their paths. */
export interface MemoryHost extends ModelHost {
  readonly disk: WritableFolder;
  /** The warnings that people were given. */
  readonly warnings: readonly string[];
}

/** Models in memory; an adapter names its base by a path, or as `hub/…`, which is not here. */
export function memoryHost(disk = memoryFolder([], 'disk')): MemoryHost {
  const warnings: string[] = [];
  const folder = (path: string) =>
    path.split('/').reduce((at: WritableFolder, name) => at.folder(name), disk);
  return {
    ...{ disk, warnings, folder },
    locate: async (name) => ({ folder: folder(name), name }),
    locateBase: async (_adapter, { name }) => (name.startsWith('hub/') ? undefined : name),
    async openTemplate(place, { specialTokens }) {
      const sources = await openTemplateSources(place);
      return sources && inProcessChatTemplate(sources, specialTokens.names);
    },
    warn: (message) => void warnings.push(message),
  };
}
