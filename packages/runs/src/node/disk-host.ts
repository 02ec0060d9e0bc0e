import { setImmediate } from 'node:timers/promises';
import { AttuneError } from '@attune/core';
import { openChatTemplate, openExamples } from '@attune/data/node';
import { diskFolder, exists, hashPieces } from '@attune/files/node';
import type { RunHost } from '../models/model/host.js';
import { memoryOf } from './host-memory.js';
import { locateBase } from './locate-base.js';

/** The parts of a host on this machine that a program has to give, and those that it may have better. */
export type DiskHostParts = Pick<RunHost, 'withBackend'> & Partial<RunHost>;

async function locate(name: string) {
  if (await exists(name)) return { folder: diskFolder(name), name };
  throw new AttuneError('FILE_NOT_FOUND', `There is no folder ${name}.`, {
    fix: 'Name a folder that holds a model.',
  });
}

async function prepareOwnData(): Promise<never> {
  throw new AttuneError('INVALID_CONFIG', 'data is missing: the token files to train on.', {
    fix: 'Make them with writeTokenFolder of @attune/data, and name their folder.',
  });
}

/**
 * This machine, as runs see it: paths are those of its disk, and a model's name is one.
 *
 * @param parts `withBackend`, and what is to be otherwise: a `format`, names of the hub (`locate`), data of a run that names none
 * (`prepareOwnData`).
 */
export function diskHost(parts: DiskHostParts): RunHost {
  return {
    folder: (path) => diskFolder(path, 'Check the path.'),
    locate,
    locateBase: (adapter, base) => locateBase(adapter, base, parts.format),
    openTemplate: openChatTemplate,
    warn: (message) => process.emitWarning(message),
    hashPieces,

    memoryOf,
    versions: () => ({ node: process.version }),
    // In KiB on every platform.
    peakMemory: () => 1024 * process.resourceUsage().maxRSS,
    platform: `${process.platform} ${process.arch}`,
    // An engine that computes on this thread may never let the event loop turn between two steps.
    breathe: () => setImmediate(),

    openRows: openExamples,
    prepareOwnData,
    ...parts,
  };
}
