/**
 * The compiler of programs into tapes of kernel calls, and the interface of the hosts that run them: `@attune/engine/wasm` in
 * WebAssembly, `@attune/engine/node` in native code.
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
export { describeEngine, engineOn, type EngineOptions, type EngineTensor } from './engine.js';
export type { WasmPaths } from './wasm/paths.js';
