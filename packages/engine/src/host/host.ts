import type { HostData } from '@attune/core';

/** The engine as it runs here. A run records it: results are the same to the bit on the same engine and instruction set. */
export interface EngineInfo {
  /** Version of the kernels: changes whenever the bits of some result do. */
  readonly version: string;
  /** E.g. `avx512`, `avx2`, `neon`, `relaxed`, `simd128`. */
  readonly isa: string;
  readonly threads: number;
  /** Says why it does not run better than it does here: fewer threads than asked for, no relaxed SIMD. */
  readonly limits: readonly string[];
}

/** A kernel, as the engine lists it. Its number on a tape is its place in the list. */
export interface KernelInfo {
  readonly name: string;
  /** Length of its arguments in words of 4 bytes, or the least, for one that takes lists. */
  readonly words: number;
}

/** A line of a profile. */
export interface KernelTime {
  readonly name: string;
  /** Instructions that were run. */
  readonly calls: number;
  /** Milliseconds that the threads spent in it, all together. */
  readonly ms: number;
}

/** A stretch of the engine's memory, aligned to 64 bytes. */
export interface Block {
  readonly bytes: number;
}

/** A tape that the engine has checked and keeps: every kernel there is, every argument complete. */
export interface LoadedTape {
  readonly slots: number;
  /** Bytes that each slot has to have; a host that leaves it out checks that itself. */
  readonly needs?: readonly number[];
}

/** Data to be written into a slot before a run. */
export interface SlotWrite {
  readonly slot: number;
  /** In bytes. */
  readonly offset: number;
  readonly data: HostData;
}

/** A stretch of a slot to be read after a run. */
export interface SlotRead {
  readonly slot: number;
  /** In bytes. */
  readonly offset: number;
  readonly bytes: number;
}

/** A run of a tape. */
export interface TapeRun {
  readonly tape: LoadedTape;
  /** The block of each slot. */
  readonly slots: readonly Block[];
  readonly writes: readonly SlotWrite[];
  readonly reads: readonly SlotRead[];
}

/**
 * The machine below a planned program: memory, threads and kernels. One is a WebAssembly instance in this thread, one a
 * worker that holds such an instance, one a native addon. Calls take effect in the order in which they are made, so that a
 * block may be written, used by a run, and freed without waiting in between.
 *
 * @typeParam B the host's own blocks.
 */
export interface EngineHost<B extends Block = Block, T extends LoadedTape = LoadedTape> {
  readonly info: EngineInfo;
  readonly kernels: readonly KernelInfo[];
  /** Bytes that it can hold at most, where that is known. */
  readonly memoryBytes: number;
  /** A block of zeros. It may turn out later that there is no memory for it: {@link EngineHost.settle} says so. */
  allocate(bytes: number): B;
  free(block: B): void;
  /** Copies data into a block. The array may be reused when this returns. */
  write(block: B, offset: number, data: HostData): void;
  /** Copies bytes of a block into a new array. */
  read(block: B, offset: number, bytes: number): Promise<ArrayBuffer>;
  /**
   * The bytes of a block themselves, when all that was called before is done; missing where its memory is not seen by this thread.
   * The array may be used until the next call.
   */
  view?(block: B): Promise<Uint8Array>;
  /**
   * Resolves when the blocks allocated so far have their memory.
   *
   * @throws AttuneError OUT_OF_MEMORY. Those blocks have yet to be freed.
   */
  settle(): Promise<void>;
  /** @throws AttuneError INVALID_PROGRAM for a tape that is not one. */
  load(tape: Int32Array, slots: number): Promise<T>;
  unload(tape: T): void;
  /**
   * Writes, runs on all threads, reads. The event loop of the caller is not blocked meanwhile.
   *
   * @returns what was read, in order.
   * @throws AttuneError BACKEND_FAILURE, TOKEN_OUT_OF_RANGE.
   */
  run(run: TapeRun): Promise<readonly ArrayBuffer[]>;
  /** Bytes and blocks that are allocated, workspace and scratch of the threads apart. */
  memory(): { readonly bytes: number; readonly buffers: number };
  /** Times since it was opened, for a host that was opened to measure them; empty for any other. */
  profile(): Promise<readonly KernelTime[]>;
  dispose(): Promise<void>;
}
