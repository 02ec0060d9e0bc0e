/** A run in a page's own storage: settings, data, checkpoints and samples, as the command line has them. */
import { backend as wasm } from '@attune/backend-wasm';
import { createBackend } from '@attune/core';
import { tokenFiles } from '@attune/data';
import { directoryFolder } from '@attune/files/web';
import { pretrain, resume, start } from '@attune/runs';

export { createBackend, directoryFolder, pretrain, resume, start, tokenFiles, wasm };
