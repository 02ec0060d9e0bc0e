import type { KernelInfo, KernelTime } from '../host/host.js';
import { corruptTape, outOfMemory } from '../host/faults.js';
import { Allocator } from './allocator.js';
import { instantiate, MAXIMUM_BYTES, PAGE_BYTES, type EngineExports } from './module.js';

/** A tape in the memory of an instance. */
export interface PreparedTape {
  readonly address: number;
  readonly bytes: number;
  /** Bytes that each slot has to have. */
  readonly needs: readonly number[];
  readonly instructions: number;
  readonly kernels: readonly number[];
}

export interface InstanceOptions {
  readonly module: WebAssembly.Module;
  /** Threads that run tapes; those beside the first have to be started by the caller. */
  readonly threads: number;
  /** Times that a thread looks for work before it parks. */
  readonly spins: number;
  readonly maximumBytes?: number;
  /** Measures the time that each instruction takes. */
  readonly profile?: boolean;
}

/** Stack of each thread beside the first. */
export const STACK_BYTES = 256 << 10;

/**
 * A WebAssembly instance: memory, kernels and the first of its threads. Everything is done when a call returns. Addresses
 * and sizes are not checked: hosts do that.
 */
export class WasmInstance {
  readonly memory: WebAssembly.Memory;
  readonly maximumBytes: number;
  readonly isa: string;
  readonly version: string;
  readonly kernels: readonly KernelInfo[];
  readonly threads: number;
  /** Where the crew lies, which the other threads join. */
  readonly crew: number;
  private readonly exports: EngineExports;
  private readonly allocator: Allocator;
  private readonly scratch: number;
  private readonly status: number;
  /** By the number of the kernel; `undefined` where no time is measured. */
  private readonly times?: Map<number, KernelTime>;
  private workspace = { address: 0, bytes: 0 };
  private slotTable = { address: 0, bytes: 0 };
  private view: Uint8Array;
  private used = 0;

  constructor({ module, threads, spins, maximumBytes = MAXIMUM_BYTES, profile = false }: InstanceOptions) {
    const maximum = Math.floor(Math.min(maximumBytes, MAXIMUM_BYTES) / PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: Math.min(16, maximum), maximum, shared: true });
    this.memory = memory;
    this.maximumBytes = maximum * PAGE_BYTES;
    this.view = new Uint8Array(memory.buffer);
    this.exports = instantiate(module, memory);
    this.threads = threads;
    if (profile) this.times = new Map();
    const { exports } = this;
    this.allocator = new Allocator(exports.__heap_base.value as number, memory.buffer.byteLength, (end) =>
      this.growTo(end),
    );
    this.version = String(exports.version());
    this.isa = this.text(exports.isa());
    this.kernels = Array.from({ length: exports.kernelCount() }, (_, i) => ({
      name: this.text(exports.kernelName(i)),
      words: exports.kernelWords(i),
    }));
    this.scratch = this.claim(threads * exports.scratchBytes());
    this.status = this.claim(threads * 4);
    this.crew = this.claim(exports.crewBytes());
    exports.crewOpen(this.crew, threads, spins);
  }

  /** Bytes that are taken, those of the instance itself included. */
  get bytes(): number {
    return this.used;
  }

  /** Address of a stretch of zeros; `undefined` if there is no room. */
  allocate(bytes: number): number | undefined {
    const found = this.allocator.allocate(bytes);
    if (found === undefined) return undefined;
    this.used += bytes;
    this.bytesAt(found.address, found.used).fill(0);
    return found.address;
  }

  release(address: number, bytes: number): void {
    this.used -= bytes;
    this.allocator.release(address, bytes);
  }

  write(address: number, bytes: Uint8Array): void {
    this.bytesAt(address, bytes.length).set(bytes);
  }

  read(address: number, bytes: number): ArrayBuffer {
    const copy = new Uint8Array(bytes);
    copy.set(this.bytesAt(address, bytes));
    return copy.buffer;
  }

  /** The memory itself: it stays where it is, and no one else is given it before it is released. */
  bytesAt(address: number, bytes: number): Uint8Array {
    return this.view.subarray(address, address + bytes);
  }

  /** @throws AttuneError INVALID_PROGRAM, OUT_OF_MEMORY. */
  load(words: Int32Array, slots: number): PreparedTape {
    const source = this.claim(words.byteLength);
    try {
      this.write(source, new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
      const bytes = this.exports.tapeBytes(source, words.length, slots) >>> 0;
      if (bytes === 0) throw corruptTape();
      const address = this.claim(bytes);
      this.exports.tapePrepare(source, words.length, slots, address);
      const kernels = this.times ? kernelsOf(words) : [];
      const needs = Array.from({ length: slots }, (_, slot) => this.exports.tapeNeeds(address, slot));
      return { address, bytes, needs, instructions: words[1]!, kernels };
    } finally {
      this.release(source, words.byteLength);
    }
  }

  unload(tape: PreparedTape): void {
    this.release(tape.address, tape.bytes);
  }

  /** Runs a tape on the blocks at these addresses. Returns the status. @throws AttuneError OUT_OF_MEMORY. */
  run(tape: PreparedTape, addresses: readonly number[]): number {
    const workspace = this.exports.tapeWorkspace(tape.address) >>> 0;
    this.workspace = this.atLeast(this.workspace, workspace);
    this.slotTable = this.atLeast(this.slotTable, addresses.length * 4);
    new Uint32Array(this.memory.buffer, this.slotTable.address, addresses.length).set(addresses);
    const start = (profile: number): number =>
      this.exports.crewRun(
        ...([this.crew, tape.address, this.slotTable.address, this.workspace.address] as const),
        ...([this.scratch, this.status, profile] as const),
      );
    if (!this.times) return start(0);

    const counts = this.threads * tape.instructions;
    const profile = this.claim(counts * 8);
    try {
      const status = start(profile);
      this.addTimes(tape, new Float64Array(this.memory.buffer, profile, counts));
      return status;
    } finally {
      this.release(profile, counts * 8);
    }
  }

  /** The time that the threads have spent in each kernel. */
  profile(): readonly KernelTime[] {
    return [...(this.times?.values() ?? [])];
  }

  /** Sends the other threads home. */
  close(): void {
    this.exports.crewClose(this.crew);
  }

  private addTimes({ kernels, instructions }: PreparedTape, times: Float64Array): void {
    kernels.forEach((kernel, i) => {
      const name = this.kernels[kernel]?.name ?? 'guard';
      let { calls, ms } = this.times!.get(kernel) ?? { calls: 0, ms: 0 };
      for (let thread = 0; thread < this.threads; thread++) ms += times[thread * instructions + i]! / 1e6;
      this.times!.set(kernel, { name, calls: ++calls, ms });
    });
  }

  /** The stretch itself, or a larger one in its place. */
  private atLeast(
    stretch: { address: number; bytes: number },
    bytes: number,
  ): { address: number; bytes: number } {
    if (stretch.bytes >= bytes) return stretch;
    if (stretch.bytes > 0) this.release(stretch.address, stretch.bytes);
    // Should there be no memory, then nothing is kept, either.
    Object.assign(stretch, { address: 0, bytes: 0 });
    return { address: this.claim(bytes), bytes };
  }

  private claim(bytes: number): number {
    const address = this.allocate(bytes);
    if (address === undefined) throw outOfMemory(bytes, this.used);
    return address;
  }

  private growTo(end: number): number {
    const { memory } = this;
    const wanted = Math.ceil(end / PAGE_BYTES) - memory.buffer.byteLength / PAGE_BYTES;
    try {
      if (wanted > 0) memory.grow(wanted);
    } catch {
      // It stays as large as it was.
    }
    this.view = new Uint8Array(memory.buffer);
    return memory.buffer.byteLength;
  }

  private text(address: number): string {
    const start = address >>> 0;
    return String.fromCharCode(...this.view.subarray(start, this.view.indexOf(0, start)));
  }
}

/** The kernel of each instruction of a tape. */
function kernelsOf(words: Int32Array): number[] {
  const kernels: number[] = [];
  for (let at = 2; at < words.length; at += 3 + words[at + 2]!) kernels.push(words[at]!);
  return kernels;
}
