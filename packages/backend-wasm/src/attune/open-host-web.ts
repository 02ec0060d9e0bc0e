import { hasRelaxedSimd, openLocalHost } from '@attune/engine';
import type { OpenHost } from './host-options.js';

/** Opens the engine in a browser. */
export const openHost: OpenHost = async ({ isa, wasmPaths }) => {
  const best = isa ?? (hasRelaxedSimd() ? 'relaxed' : 'simd128');
  const name = best === 'relaxed' ? 'engine-relaxed.wasm' : 'engine.wasm';
  const url = typeof wasmPaths === 'string' ? wasmPaths + name : wasmPaths?.[name];
  if (url === undefined) throw new Error(`wasmPaths has no ${name}`);
  const response = await fetch(url);
  return openLocalHost({ module: await WebAssembly.compile(await response.arrayBuffer()) });
};
