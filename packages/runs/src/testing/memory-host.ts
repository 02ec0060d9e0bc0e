import type { Backend } from '@attune/core';
import { inProcessChatTemplate, openTemplateSources, prepareText, writeTokenFolder } from '@attune/data';
import { memoryFolder, type WritableFolder } from '@attune/files';
import type { RunAudience } from '../loop/observer.js';
import type { ModelHost, RunHost } from '../models/model/host.js';
import type { ChosenBackend } from '../record/chosen-backend.js';

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

/** Such a host with a backend, for runs on token files. */
export function memoryRunHost(backend: Backend, memory = Infinity): MemoryHost & RunHost & { asked: number } {
  const host = {
    ...memoryHost(),
    /** How often it was asked for the size of the memory. */
    asked: 0,
    withBackend: <T>(_: ChosenBackend, work: (made: Backend) => Promise<T>) => work(backend),
    memoryOf: () => {
      host.asked++;
      return memory;
    },
    versions: () => ({ attune: '0', node: '0' }),
    platform: 'memory',
    breathe: async () => undefined,
    openRows: async () => {
      throw new TypeError('There are no rows.');
    },
    prepareOwnData: async (folder: WritableFolder) =>
      void (await writeTokenFolder(
        folder,
        await prepareText('the cat sat on the mat. '.repeat(50), { tokenizer: 'char' }),
      )),
  };
  return host;
}

/** An audience that asks a run to stop after a step, if one is named. */
export function stoppingAfter(last = Infinity): RunAudience & { readonly losses: readonly number[] } {
  const losses: number[] = [];
  let step = 0;
  const nothing = () => undefined;
  return {
    losses,
    observer: {
      ...{ begins: nothing, evaluated: nothing, sampled: nothing, stopped: nothing, ended: nothing },
      step({ record }) {
        step = record.step;
        losses.push(record.loss);
      },
    },
    listen: () => ({
      get aborted() {
        return step >= last;
      },
      dispose: nothing,
    }),
  };
}
