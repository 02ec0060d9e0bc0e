import type { Backend } from '@attune/core';
import { createOnOnnxruntime } from '../create.js';
import type { CpuOptions } from '../../options/options.js';

/** The worker's file, as it is run from source. */
export const workerFile = new URL('./worker.mjs', import.meta.url);

/** The backend with its worker from source. Two threads, unless others are asked for. */
export function createFromSource(options: CpuOptions = { threads: 2 }): Promise<Backend> {
  return createOnOnnxruntime(options, workerFile);
}
