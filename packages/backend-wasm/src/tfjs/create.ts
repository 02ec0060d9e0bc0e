import { engineBackend, plural, type Backend } from '@attune/core';
import { wasmEngine } from './engine.js';
import { acquire } from './module/initialise.js';
import type { WasmPaths } from '@attune/engine';
import { tfjsDescription, TFJS_VERSION } from './description.js';
import { hasSimd } from './simd.js';

/**
 * Makes the backend on tfjs' kernels.
 *
 * @throws AttuneError BACKEND_UNAVAILABLE.
 */
export async function createOnTfjs(wasmPaths?: WasmPaths): Promise<Backend> {
  const { count, fault } = await acquire(wasmPaths);
  const threads = `${plural(count, 'thread')}${fault === undefined ? '' : ` (more cannot start: ${fault})`}`;
  return engineBackend(
    wasmEngine({
      kind: 'cpu',
      memoryBytes: 2 ** 32,
      description: `${tfjsDescription()}, ${threads}`,
      engine: { name: 'tfjs', version: TFJS_VERSION, ...(hasSimd() && { isa: 'simd128' }) },
    }),
  );
}
