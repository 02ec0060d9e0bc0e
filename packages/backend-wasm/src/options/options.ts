import { AttuneError, isaFault, threadsFault, type EngineChoice } from '@attune/core';
import type { WasmPaths } from '@attune/engine';

/** The engines of the WebAssembly backend, the default first. */
export const wasmEngines = ['attune', 'tfjs'] as const;

/** The instruction sets of the engine `attune`, the best first. */
export const wasmInstructionSets = ['relaxed', 'simd128'] as const;

export type WasmInstructionSet = (typeof wasmInstructionSets)[number];

/** Options of the WebAssembly backend. */
export interface WasmOptions extends EngineChoice {
  /** The kernels that compute: attune's own, or, to compare with, those of tfjs. */
  readonly engine?: (typeof wasmEngines)[number] | undefined;
  /**
   * The instruction set of the engine `attune`. Pinned, results are the same to the bit wherever it is. Default: `relaxed`
   * where it is.
   */
  readonly isa?: WasmInstructionSet | undefined;
  /**
   * Threads of the engine `attune`. Default: as many as there are processors. A page has more than one only where it is
   * cross-origin isolated.
   */
  readonly threads?: number | undefined;
  /**
   * Where a browser finds the `.wasm` files of the engine: a folder's URL that ends in `/`, or a URL for each file name.
   * Bundlers that follow `new URL('…', import.meta.url)`, as Vite and webpack do, need not be told; nor does Node. With
   * tfjs, it counts for the first backend that is made.
   */
  readonly wasmPaths?: WasmPaths | undefined;
}

/** Says why options make no backend; `undefined` if they do. */
export function optionFault(engine: string, options: WasmOptions): string | undefined {
  const isas = engine === 'attune' ? wasmInstructionSets : undefined;
  return isaFault('wasm', engine, isas, options) ?? threadsFault(options.threads);
}

/** @throws AttuneError INVALID_ARGUMENT. */
export function checkOptions(engine: string, options: WasmOptions): void {
  const fault = optionFault(engine, options);
  if (fault !== undefined) throw new AttuneError('INVALID_ARGUMENT', `Backend wasm: ${fault}.`);
}
