import { engineBackend, type Backend } from '@attune/core';
import { engine } from '@tensorflow/tfjs-core';
import { tfjsEngine } from '../engine.js';
import type { KernelHooks } from '../runtime/kernels.js';

/**
 * The common rules alone, on tfjs' kernels in plain JavaScript: what they do where no engine brings rules of its own.
 */
export async function createCpuBackend(memoryBytes?: number, hooks?: KernelHooks): Promise<Backend> {
  // It prints advice to use another package when a first tensor is made in Node.
  const warn = console.warn;
  console.warn = () => undefined;
  try {
    await import('@tensorflow/tfjs-backend-cpu');
    await engine().setBackend('cpu');
    engine().makeTensor(Float32Array.of(0), [], 'float32').dispose();
  } finally {
    console.warn = warn;
  }
  const device = { kind: 'cpu', description: 'tfjs kernels in JavaScript', memoryBytes } as const;
  return engineBackend(
    tfjsEngine({
      name: 'tfjs-cpu',
      tfjsBackend: 'cpu',
      device,
      deterministic: true,
      ...(hooks && { hooks }),
    }),
  );
}
