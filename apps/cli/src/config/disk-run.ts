import { diskFolder } from '@attune/files/node';
import { readRun, type RunReader } from '@attune/runs';
import { yamlFormat } from './config-file.js';

/** A run on disk, to look at. */
export function diskRun(path: string): RunReader {
  return readRun(diskFolder(path), yamlFormat);
}
