import { chosenEngine, defineBackend } from '@attune/core';
import { createOnOnnxruntime, probe } from './onnxruntime/create.js';
import { cpuEngines, type CpuOptions } from './options.js';

const choice = { name: 'cpu', engines: cpuEngines } as const;

/**
 * Native kernels on the CPU, for Node without a GPU. Tensors and sessions live in a worker thread, so that the event
 * loop stays free while a step runs.
 *
 * Needs the package `onnxruntime-node`, which is not installed along with this one: it holds native libraries of some
 * 290 MB for all platforms.
 */
export const backend = defineBackend<CpuOptions>({
  ...choice,
  isAvailable: (options) => probe(options),
  create: async (options = {}) => {
    chosenEngine(choice, options);
    return createOnOnnxruntime(options);
  },
});
