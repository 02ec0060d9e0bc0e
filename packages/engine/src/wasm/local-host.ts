import { AttuneError, type HostData } from '@attune/core';
import { bytesOf, checkRange, checkRun, disposed, outOfMemory, throwStatus } from '../host/faults.js';
import type {
  Block,
  EngineHost,
  EngineInfo,
  KernelInfo,
  KernelTime,
  LoadedTape,
  TapeRun,
} from '../host/host.js';
import { WasmInstance, type PreparedTape } from './instance.js';

class WasmBlock implements Block {
  constructor(
    readonly bytes: number,
    /** `undefined` where there was no room, or when it is free again. */
    public address: number | undefined,
  ) {}
}

class WasmTape implements LoadedTape {
  readonly slots: number;
  readonly needs: readonly number[];
  constructor(public prepared: PreparedTape | undefined) {
    this.needs = prepared!.needs;
    this.slots = this.needs.length;
  }
}

export interface LocalHostOptions {
  readonly module: WebAssembly.Module;
  /** Why it does not run better than it does. */
  readonly limits?: readonly string[];
  readonly maximumBytes?: number;
  readonly profile?: boolean;
}

/** A WebAssembly instance in the thread of the caller, which runs block. */
class LocalHost implements EngineHost<WasmBlock, WasmTape> {
  readonly info: EngineInfo;
  readonly kernels: readonly KernelInfo[];
  readonly memoryBytes: number;
  private instance: WasmInstance | undefined;
  private readonly failed = new Set<WasmBlock>();
  private bytes = 0;
  private buffers = 0;

  constructor({ limits = [], ...options }: LocalHostOptions) {
    const instance = new WasmInstance({ ...options, threads: 1, spins: 0 });
    this.instance = instance;
    this.info = { version: instance.version, isa: instance.isa, threads: 1, limits };
    this.kernels = instance.kernels;
    this.memoryBytes = instance.maximumBytes;
  }

  allocate(bytes: number): WasmBlock {
    const block = new WasmBlock(bytes, this.alive.allocate(bytes));
    if (block.address === undefined) this.failed.add(block);
    this.bytes += bytes;
    this.buffers++;
    return block;
  }

  free(block: WasmBlock): void {
    if (!this.instance) return;
    if (!this.failed.delete(block)) this.instance.release(this.addressOf(block), block.bytes);
    block.address = undefined;
    this.bytes -= block.bytes;
    this.buffers--;
  }

  write(block: WasmBlock, offset: number, data: HostData): void {
    checkRange(block, offset, data.byteLength);
    this.alive.write(this.addressOf(block) + offset, bytesOf(data));
  }

  async read(block: WasmBlock, offset: number, bytes: number): Promise<ArrayBuffer> {
    checkRange(block, offset, bytes);
    return this.alive.read(this.addressOf(block) + offset, bytes);
  }

  async view(block: WasmBlock): Promise<Uint8Array> {
    return this.alive.bytesAt(this.addressOf(block), block.bytes);
  }

  async settle(): Promise<void> {
    const [block] = this.failed;
    if (block) throw outOfMemory(block.bytes, this.alive.bytes);
  }

  async load(tape: Int32Array, slots: number): Promise<WasmTape> {
    return new WasmTape(this.alive.load(tape, slots));
  }

  unload(tape: WasmTape): void {
    if (tape.prepared) this.instance?.unload(tape.prepared);
    tape.prepared = undefined;
  }

  async run(run: TapeRun): Promise<readonly ArrayBuffer[]> {
    checkRun(run);
    const instance = this.alive;
    const { prepared } = run.tape as WasmTape;
    if (!prepared) throw disposed();
    const addresses = run.slots.map((block) => this.addressOf(block as WasmBlock));
    for (const { slot, offset, data } of run.writes) instance.write(addresses[slot]! + offset, bytesOf(data));
    throwStatus(this.start(() => instance.run(prepared, addresses)));
    return run.reads.map(({ slot, offset, bytes }) => instance.read(addresses[slot]! + offset, bytes));
  }

  memory(): { readonly bytes: number; readonly buffers: number } {
    return { bytes: this.bytes, buffers: this.buffers };
  }

  async profile(): Promise<readonly KernelTime[]> {
    return this.alive.profile();
  }

  async dispose(): Promise<void> {
    this.instance = undefined;
  }

  private get alive(): WasmInstance {
    if (!this.instance) throw disposed();
    return this.instance;
  }

  private addressOf(block: WasmBlock): number {
    if (block.address !== undefined) return block.address;
    if (this.failed.has(block)) throw outOfMemory(block.bytes, this.alive.bytes);
    throw new AttuneError('DISPOSED', 'A block of memory was used after it was freed.');
  }

  private start(run: () => number): number {
    try {
      return run();
    } catch (error) {
      if (error instanceof AttuneError) throw error;
      throw new AttuneError('BACKEND_FAILURE', `The engine failed: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

/** Opens a WebAssembly instance in this thread: a run blocks it. */
export function openLocalHost(options: LocalHostOptions): EngineHost {
  return new LocalHost(options);
}
