import { defineBackend } from '@attune/core';
import { availabilityOf } from './availability.js';
import { findDriver } from './load/driver.js';
import { locateHere } from './load/locate.js';
import type { CudaOptions } from './options.js';

/**
 * TensorFlow's kernels, for Node on a machine with an NVIDIA GPU.
 *
 * Needs the package `@tensorflow/tfjs-node-gpu` and TensorFlow's C library, neither of which is installed along with this
 * one: `attune setup cuda` prepares both. Kernels run in the calling thread; on a GPU, they are queued there, and the
 * thread waits where values are read.
 */
export const backend = defineBackend<CudaOptions>({
  name: 'cuda',
  isAvailable: async ({ resolvePeer } = {}) =>
    availabilityOf(locateHere(resolvePeer), findDriver(), process.env),
  // Imported here and not above: tfjs is large, and whoever only asks has no use for it.
  create: async (options) => (await import('./create.js')).createCuda(options),
});
