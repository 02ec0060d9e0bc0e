import type { WasmPaths } from '../options.js';

/** The instruction sets of the engine in WebAssembly, the best first. */
export const wasmInstructionSets = ['relaxed', 'simd128'] as const;

export type WasmInstructionSet = (typeof wasmInstructionSets)[number];

/** How the engine is opened. */
export interface HostOptions {
  readonly isa?: WasmInstructionSet | undefined;
  readonly threads?: number | undefined;
  readonly wasmPaths?: WasmPaths | undefined;
}
