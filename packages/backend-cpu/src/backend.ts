import { AttuneError, chosenEngine, defineBackend, engineFault } from '@attune/core';
import { createOnAttune, probeAttune } from './attune/create.js';
import { createOnOnnxruntime, probe } from './onnxruntime/create.js';
import { cpuEngines, cpuIsaFault, threadsOf, type CpuOptions } from './options/options.js';

const choice = { name: 'cpu', engines: cpuEngines } as const;

/**
 * Native kernels on the CPU, for Node without a GPU. The event loop stays free while a step runs.
 *
 * The engine `onnxruntime` needs the package `onnxruntime-node`, which is not installed along with this one: it holds native
 * libraries of some 290 MB for all platforms.
 */
export const backend = defineBackend<CpuOptions>({
  ...choice,

  isAvailable: async (options = {}) => {
    const engine = options.engine ?? cpuEngines[0];
    const reason = engineFault(choice, options) ?? cpuIsaFault(engine, options);
    if (reason !== undefined) return { available: false, reason };
    return engine === 'attune' ? probeAttune(options) : probe(options);
  },

  create: async (options = {}) => {
    const engine = chosenEngine(choice, options);
    const fault = cpuIsaFault(engine, options);
    if (fault !== undefined) throw new AttuneError('INVALID_ARGUMENT', `Backend cpu: ${fault}.`);
    if (engine === 'onnxruntime') return createOnOnnxruntime(options);
    return createOnAttune({ ...options, threads: threadsOf(options) });
  },
});
