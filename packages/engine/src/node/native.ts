import { availableParallelism, totalmem } from 'node:os';
import { AttuneError, type HostData } from '@attune/core';
import {
  bytesOf,
  checkRange,
  checkRun,
  corruptTape,
  disposed,
  outOfMemory,
  shortSlot,
  throwStatus,
} from '../host/faults.js';
import type {
  Block,
  EngineHost,
  EngineInfo,
  KernelInfo,
  KernelTime,
  LoadedTape,
  TapeRun,
} from '../host/host.js';
import { kernelFault } from '../host/kernel-words.js';
import { CallQueue } from '../host/queue.js';
import { countThreads } from '../host/threads.js';
import { findAddon, type Addon, type FoundAddon, type NativeEngine } from './addon.js';

/** Options of {@link openNative}. */
export interface NativeOptions {
  /** Default: as many as there are processors. */
  readonly threads?: number;
  /** Pins the instruction set: `avx512`, `avx2` or `neon`. Default: the best that the processor has. */
  readonly isa?: string;
  /** Measures the time that kernels take. */
  readonly profile?: boolean;
}

/** Times that a thread looks for work before it parks: a tenth of a millisecond, where each has a processor to itself. */
const SPINS = 2000;
const SPINS_WHEN_CROWDED = 20;

class NativeBlock implements Block {
  constructor(
    readonly bytes: number,
    /** `undefined` where there was no memory, or when it is free. */
    public handle: number | undefined,
  ) {}
}

class NativeTape implements LoadedTape {
  constructor(
    readonly slots: number,
    public handle: number | undefined,
  ) {}
}

/** The engines that buffers over their blocks belong to: one that is reachable keeps its engine from being collected. */
const engines = new WeakMap<ArrayBuffer, NativeEngine>();

/** The code that the addon gives an error. */
const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

/** Native code in threads of its own. */
class NativeHost implements EngineHost<NativeBlock, NativeTape> {
  readonly kernels: readonly KernelInfo[];
  readonly view?: (block: NativeBlock) => Promise<Uint8Array>;
  private readonly queue = new CallQueue();
  private readonly failed = new Set<NativeBlock>();
  /** Buffers over blocks, one for each that was viewed. */
  private readonly buffersOf = new Map<NativeBlock, ArrayBuffer>();
  private open = true;
  private bytes = 0;
  private buffers = 0;

  constructor(
    private readonly addon: Addon,
    private readonly engine: NativeEngine,
    readonly info: EngineInfo,
    readonly memoryBytes: number,
  ) {
    const list = addon.kernels(engine);
    this.kernels = Array.from({ length: list.length / 2 }, (_, i) => ({
      name: list[2 * i] as string,
      words: list[2 * i + 1] as number,
    }));
    if (addon.view) this.view = async (block) => this.viewOf(block);
  }

  allocate(bytes: number): NativeBlock {
    this.assertOpen();
    const block = new NativeBlock(bytes, this.claim(bytes));
    if (block.handle === undefined) this.failed.add(block);
    this.bytes += bytes;
    this.buffers++;
    return block;
  }

  free(block: NativeBlock): void {
    if (!this.open) return;
    const { handle } = block;
    block.handle = undefined;
    this.bytes -= block.bytes;
    this.buffers--;
    if (this.failed.delete(block)) return;
    this.later(() => {
      this.detach(block);
      this.addon.free(this.engine, handle!);
    });
  }

  write(block: NativeBlock, offset: number, data: HostData): void {
    this.assertOpen();
    checkRange(block, offset, data.byteLength);
    const handle = this.handleOf(block);
    const bytes = this.queue.idle ? bytesOf(data) : bytesOf(data).slice();
    this.later(() => this.addon.write(this.engine, handle, offset, bytes));
  }

  async read(block: NativeBlock, offset: number, bytes: number): Promise<ArrayBuffer> {
    this.assertOpen();
    checkRange(block, offset, bytes);
    const handle = this.handleOf(block);
    return this.queue.enqueue(() => this.addon.read(this.engine, handle, offset, bytes));
  }

  async settle(): Promise<void> {
    const [block] = this.failed;
    if (block) throw outOfMemory(block.bytes, this.bytes - block.bytes);
  }

  async load(tape: Int32Array, slots: number): Promise<NativeTape> {
    this.assertOpen();
    try {
      return new NativeTape(slots, this.addon.load(this.engine, tape, slots));
    } catch (error) {
      if (codeOf(error) === 'ERR_CORRUPT') throw corruptTape();
      throw this.failure(error, tape.byteLength);
    }
  }

  unload(tape: NativeTape): void {
    const { handle } = tape;
    if (!this.open || handle === undefined) return;
    tape.handle = undefined;
    this.later(() => this.addon.unload(this.engine, handle));
  }

  async run(run: TapeRun): Promise<readonly ArrayBuffer[]> {
    this.assertOpen();
    checkRun(run);
    const tape = (run.tape as NativeTape).handle;
    if (tape === undefined) throw disposed();
    const blocks = Float64Array.from(run.slots, (block) => this.handleOf(block as NativeBlock));
    const writes = run.writes.map(({ slot, offset, data }) => ({
      ...{ block: blocks[slot]!, offset },
      bytes: this.queue.idle ? bytesOf(data) : bytesOf(data).slice(),
    }));
    const { addon, engine } = this;
    return this.queue.enqueue(async () => {
      for (const { block, offset, bytes } of writes) addon.write(engine, block, offset, bytes);
      throwStatus(await this.start(() => addon.run(engine, tape, blocks)));
      return run.reads.map(({ slot, offset, bytes }) => addon.read(engine, blocks[slot]!, offset, bytes));
    });
  }

  memory(): { readonly bytes: number; readonly buffers: number } {
    return { bytes: this.bytes, buffers: this.buffers };
  }

  async profile(): Promise<readonly KernelTime[]> {
    this.assertOpen();
    const times = this.addon.profile(this.engine);
    return this.kernels.flatMap(({ name }, i) => {
      const calls = times[2 * i] ?? 0;
      return calls === 0 ? [] : [{ name, calls, ms: times[2 * i + 1]! / 1e6 }];
    });
  }

  async dispose(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await this.queue.enqueue(() => {
      for (const block of this.buffersOf.keys()) this.detach(block);
      this.addon.close(this.engine);
    });
  }

  private async viewOf(block: NativeBlock): Promise<Uint8Array> {
    this.assertOpen();
    const handle = this.handleOf(block);
    return this.queue.enqueue(() => {
      const buffer = this.buffersOf.get(block) ?? this.addon.view!(this.engine, handle);
      this.buffersOf.set(block, buffer);
      engines.set(buffer, this.engine);
      return new Uint8Array(buffer);
    });
  }

  /** Empties all arrays over a block, so that none outlives its memory. */
  private detach(block: NativeBlock): void {
    const buffer = this.buffersOf.get(block);
    if (buffer) this.addon.detach(buffer);
    this.buffersOf.delete(block);
  }

  private claim(bytes: number): number | undefined {
    // The system promises memory that it does not have.
    if (this.bytes + bytes > this.memoryBytes) return undefined;
    try {
      return this.addon.allocate(this.engine, bytes);
    } catch (error) {
      if (codeOf(error) === 'ERR_NO_MEMORY') return undefined;
      throw error;
    }
  }

  /** A call that nobody waits for. It can only fail where this class is wrong. */
  private later(action: () => void): void {
    void this.queue.enqueue(action);
  }

  private async start(run: () => Promise<number>): Promise<number> {
    try {
      return await run();
    } catch (error) {
      if (codeOf(error) === 'ERR_OUT_OF_BOUNDS') throw shortSlot();
      throw this.failure(error, 0);
    }
  }

  private failure(error: unknown, bytes: number): AttuneError {
    if (codeOf(error) === 'ERR_NO_MEMORY') return outOfMemory(bytes, this.bytes);
    return new AttuneError('BACKEND_FAILURE', `The engine failed: ${(error as Error).message}`, {
      cause: error,
    });
  }

  private handleOf(block: NativeBlock): number {
    if (block.handle !== undefined) return block.handle;
    if (this.failed.has(block)) throw outOfMemory(block.bytes, this.bytes - block.bytes);
    throw new AttuneError('DISPOSED', 'A block of memory was used after it was freed.');
  }

  private assertOpen(): void {
    if (!this.open) throw disposed();
  }
}

/** Bytes that the process may use: of the machine, or of the container that it is in. */
function memoryLimit(): number {
  const constrained =
    (process as { constrainedMemory?: () => number | undefined }).constrainedMemory?.() ?? 0;
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Why the native engine cannot run here; `undefined` if it can. */
export const nativeFault = (options: NativeOptions = {}): string | undefined => faultOf(findAddon(), options);

function faultOf(found: FoundAddon, { isa }: NativeOptions): string | undefined {
  if ('fault' in found) return found.fault;
  const { isas } = found.addon;
  if (isa === undefined || isas.includes(isa)) return undefined;
  return `this processor, or this build, has no ${isa}; there is ${isas.join(', ')}`;
}

/**
 * Opens the native engine: threads of its own, started here, that never keep the process alive.
 *
 * @throws AttuneError BACKEND_UNAVAILABLE, INVALID_ARGUMENT.
 */
export const openNative = (options: NativeOptions = {}): EngineHost => openAddon(findAddon(), options);

/** The error of an addon that was built from other sources than this package. */
function otherVersion(difference: string): AttuneError {
  return new AttuneError(
    'BACKEND_UNAVAILABLE',
    `The native engine cannot run: it is of another version than @attune/engine (${difference}).`,
    {
      fix: 'Install both again, in one version: npm install @attune/engine. In a checkout of attune: npm run build.',
    },
  );
}

/** As {@link openNative}, with an addon that was found elsewhere. */
export function openAddon(found: FoundAddon, options: NativeOptions = {}): EngineHost {
  const fault = faultOf(found, options);
  if ('fault' in found || fault !== undefined) {
    throw new AttuneError('BACKEND_UNAVAILABLE', `The native engine cannot run: ${fault}.`);
  }
  const { addon } = found;
  const processors = availableParallelism();
  const { isa = addon.isas[0]!, profile = false } = options;
  const { threads, limits: ofThreads } = countThreads(options.threads, processors);
  const limits = found.untested
    ? [...ofThreads, `untested on ${process.platform}-${process.arch}`]
    : ofThreads;
  const info = { version: String(addon.version), isa, threads, limits };
  try {
    const engine = addon.open(isa, threads, threads > processors ? SPINS_WHEN_CROWDED : SPINS, profile);
    const host = new NativeHost(addon, engine, info, memoryLimit());
    const difference = kernelFault(host.kernels);
    if (difference === undefined) return host;
    addon.close(engine);
    throw otherVersion(difference);
  } catch (error) {
    if (error instanceof AttuneError) throw error;
    throw new AttuneError(
      'BACKEND_UNAVAILABLE',
      `The native engine did not start: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
