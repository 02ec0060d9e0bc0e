import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { EngineHost } from '../host/host.js';
import { loadAddon } from '../node/addon.js';
import { openAddon } from '../node/native.js';
import { openLocalHost, type LocalHostOptions } from '../wasm/local-host.js';
import { hasRelaxedSimd, moduleNames } from '../wasm/module.js';

/** The compiled module, as the build has left it. */
function compiledModule(name: string): WebAssembly.Module {
  const file = new URL(`../../dist/wasm/${name}`, import.meta.url);
  return new WebAssembly.Module(readFileSync(file));
}

export interface TestHostOptions extends Partial<LocalHostOptions> {
  /** The instruction set; by default, the best that there is. */
  readonly isa?: keyof typeof moduleNames;
}

/**
 * The engine in WebAssembly, in this thread, for specs. `node build/wasm.js` builds it. Under `build/sanitize.js`, it is native
 * code that watches its own memory.
 */
export function testHost({ isa, ...options }: TestHostOptions = {}): EngineHost {
  const { ATTUNE_SANITIZED_ADDON: sanitized } = process.env;
  if (sanitized !== undefined) return openAddon(loadAddon(sanitized), { threads: 2 });
  // Node 20 has the instructions behind a flag.
  if (isa !== 'simd128' && !hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const module = compiledModule(moduleNames[isa ?? (hasRelaxedSimd() ? 'relaxed' : 'simd128')]);
  return openLocalHost({ ...options, module });
}
