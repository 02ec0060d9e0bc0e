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
