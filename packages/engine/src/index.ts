/**
 * Kernels for WebAssembly and native code, from one source, and the executor of planned programs.
 *
 * @packageDocumentation
 */
export type {
  Block,
  EngineHost,
  EngineInfo,
  KernelInfo,
  KernelTime,
  LoadedTape,
  SlotRead,
  SlotWrite,
  TapeRun,
} from './host/host.js';
export { engineOn, type EngineOptions, type EngineTensor } from './engine.js';
export { openLocalHost, type LocalHostOptions } from './wasm/local-host.js';
export { hasRelaxedSimd, hasSimd } from './wasm/module.js';
export { openWasm, type WasmOptions } from './wasm/open.js';
export type { WasmPaths } from './wasm/platform.js';
