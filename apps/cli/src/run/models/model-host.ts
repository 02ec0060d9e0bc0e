import { openChatTemplate } from '@attune/data/node';
import { diskFolder, hashPieces } from '@attune/files/node';
import type { ModelHost } from '@attune/runs';
import type { Context } from '../../environment/context.js';
import { locateBase } from './locate-base.js';
import { locate } from './locate-model.js';

/** This machine, as models see it that are opened: its disk, and the hub. */
export function modelHost(context: Context): ModelHost {
  return {
    folder: (path) => diskFolder(path, 'Check the path.'),
    locate: (name) => locate(name, context),
    locateBase,
    openTemplate: openChatTemplate,
    warn: (message) => void context.stderr.write(`warning: ${message}\n`),
    hashPieces,
  };
}
