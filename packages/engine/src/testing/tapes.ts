import type { EngineHost } from '../host/host.js';
import { TAPE_VERSION } from '../host/tape.js';

/** A tape of instructions, each its kernel, flags and arguments. */
export const tapeOf = (...instructions: (readonly [number, number, ...number[]])[]): Int32Array =>
  Int32Array.from([
    ...[TAPE_VERSION, instructions.length],
    ...instructions.flatMap(([kernel, flags, ...args]) => [kernel, flags, args.length, ...args]),
  ]);

/** The number of a kernel. */
export const kernelOf = (host: EngineHost, name: string): number =>
  host.kernels.findIndex((kernel) => kernel.name === name);

/**
 * A tape that traps in WebAssembly where the memory ends at 64 MiB and its only slot is a block of 40: the second row of A lies
 * beyond. No rule makes such a tape, and the check of it, which counts elements of A as bytes, lets it through.
 */
export function trappingTape(host: EngineHost): Int32Array {
  const nowhere = [-1, 0];
  const args = [
    ...[0, 0, 0, 0, 0, 0, ...nowhere, ...nowhere, ...nowhere],
    ...[2, 1, 1, 36 << 20, 1, 1, 1, 1, 1, 1],
  ];
  const gemm = kernelOf(host, 'gemm');
  const zeros = Array.from({ length: host.kernels[gemm]!.words - args.length }, () => 0);
  return tapeOf([gemm, 0, ...args, ...zeros]);
}
