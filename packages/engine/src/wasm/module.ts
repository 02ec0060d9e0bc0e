/** The functions of a compiled module: `kernels/wasm.c`. Addresses and sizes come back as signed numbers. */
export interface EngineExports {
  readonly __heap_base: WebAssembly.Global;
  readonly __stack_pointer: WebAssembly.Global;
  version(): number;
  isa(): number;
  kernelCount(): number;
  kernelName(number: number): number;
  kernelWords(number: number): number;
  scratchBytes(): number;
  tapeBytes(words: number, length: number, slots: number): number;
  tapePrepare(words: number, length: number, slots: number, memory: number): number;
  tapeWorkspace(tape: number): number;
  tapeNeeds(tape: number, slot: number): number;
  crewBytes(): number;
  crewOpen(crew: number, threads: number, spins: number): void;
  crewServe(crew: number, thread: number): void;
  crewClose(crew: number): void;
  crewRun(
    crew: number,
    tape: number,
    slots: number,
    workspace: number,
    scratch: number,
    status: number,
    profile: number,
  ): number;
}

/** Bytes of a page of WebAssembly's memory. */
export const PAGE_BYTES = 65_536;
/** All that 32-bit addresses reach. */
export const MAXIMUM_BYTES = 65_536 * PAGE_BYTES;

/** The files that the build writes. */
export const moduleNames = { simd128: 'engine.wasm', relaxed: 'engine-relaxed.wasm' } as const;

/** A module of WebAssembly with one function without parameters and results, of these instructions. */
function moduleOf(...body: number[]): Uint8Array<ArrayBuffer> {
  const code = [1, body.length + 2, 0, ...body, 0x0b];
  return Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version
    ...[1, 4, 1, 0x60, 0, 0], // its type
    ...[3, 2, 1, 0], // its function
    ...[10, code.length, ...code],
  );
}

/** `i8x16.splat (i32.const 0)` */
const vector = [0x41, 0, 0xfd, 15];
const drop = 0x1a;

const hasWebAssembly = (): boolean =>
  typeof WebAssembly === 'object' && typeof WebAssembly.validate === 'function';

/** True if WebAssembly has 128-bit vectors here. */
export const hasSimd = (): boolean => hasWebAssembly() && WebAssembly.validate(moduleOf(...vector, drop));

/** True if it has the instructions of relaxed SIMD, too: `f32x4.relaxed_madd` is one. */
export const hasRelaxedSimd = (): boolean =>
  hasWebAssembly() && WebAssembly.validate(moduleOf(...vector, ...vector, ...vector, 0xfd, 0x85, 0x02, drop));

/** The instance of a module in this thread, over a memory that may belong to several. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): EngineExports {
  const imports = { env: { memory, now: () => performance.now() } };
  return new WebAssembly.Instance(module, imports).exports as unknown as EngineExports;
}
