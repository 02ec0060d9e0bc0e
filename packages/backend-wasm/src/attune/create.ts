import { AttuneError, engineBackend, isAttuneError, type Backend } from '@attune/core';
import { engineOn, openWasm, type EngineInfo } from '@attune/engine';
import type { HostOptions } from './host-options.js';

/** `attune 1, WebAssembly relaxed SIMD, 2 threads (no more: …)` */
function describe({ version, isa, threads, limits }: EngineInfo): string {
  const simd = isa === 'relaxed' ? 'relaxed SIMD' : 'SIMD';
  const why = limits.length > 0 ? ` (${limits.join('; ')})` : '';
  return `attune ${version}, WebAssembly ${simd}, ${threads} thread${threads === 1 ? '' : 's'}${why}`;
}

/**
 * Makes the backend on attune's own engine.
 *
 * @throws AttuneError BACKEND_UNAVAILABLE.
 */
export async function createOnAttune(options: HostOptions): Promise<Backend> {
  try {
    const host = await openWasm(options);
    const { info, memoryBytes } = host;
    return engineBackend(
      engineOn(host, {
        name: 'wasm',
        device: {
          kind: 'cpu',
          description: describe(info),
          memoryBytes,
          engine: { name: 'attune', version: info.version, isa: info.isa },
        },
      }),
    );
  } catch (error) {
    if (isAttuneError(error)) throw error;
    throw new AttuneError(
      'BACKEND_UNAVAILABLE',
      `The WebAssembly engine did not start: ${(error as Error).message}`,
      {
        cause: error,
        fix:
          'In a browser, serve the .wasm files of @attune/engine with the type application/wasm, and pass their folder as ' +
          'wasmPaths. --engine tfjs is another engine.',
      },
    );
  }
}
