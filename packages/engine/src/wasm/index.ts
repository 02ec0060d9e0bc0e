/**
 * The engine in WebAssembly, for browsers and Node.
 *
 * @packageDocumentation
 */
export { openLocalHost, type LocalHostOptions } from './local-host.js';
export { hasRelaxedSimd, hasSimd } from './module.js';
export { describeWasm, openWasm, type WasmOptions } from './open.js';
export type { WasmPaths } from './paths.js';
