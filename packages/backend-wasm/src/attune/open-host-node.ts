import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd, openLocalHost } from '@attune/engine';
import type { OpenHost } from './host-options.js';

const folder = () =>
  join(dirname(createRequire(import.meta.url).resolve('@attune/engine/package.json')), 'dist/wasm');

/** Opens the engine in Node. */
export const openHost: OpenHost = async ({ isa }) => {
  // Node 20 has the instructions behind a flag.
  if (isa !== 'simd128' && !hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const best = isa ?? (hasRelaxedSimd() ? 'relaxed' : 'simd128');
  const name = best === 'relaxed' ? 'engine-relaxed.wasm' : 'engine.wasm';
  const module = await WebAssembly.compile(await readFile(join(folder(), name)));
  return openLocalHost({ module });
};
