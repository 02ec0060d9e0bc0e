import { AttuneError, type HostData } from '@attune/core';
import { bytesOf, checkRange, checkRun, disposed } from '../host/faults.js';
import type {
  Block,
  EngineHost,
  EngineInfo,
  KernelInfo,
  KernelTime,
  LoadedTape,
  TapeRun,
} from '../host/host.js';
import type { Description, Request } from './protocol.js';
import type { WorkerTeam } from './worker-team.js';

interface NumberedBlock extends Block {
  readonly id: number;
}

interface NumberedTape extends LoadedTape {
  readonly id: number;
}

/** The engine in workers: what they are told, they do in order. */
export class WorkerHost implements EngineHost<NumberedBlock, NumberedTape> {
  readonly kernels: readonly KernelInfo[];
  readonly memoryBytes: number;
  readonly view?: (block: NumberedBlock) => Promise<Uint8Array>;
  private readonly blocks = new Set<number>();
  private readonly tapes = new Set<number>();
  private ids = 0;
  private bytes = 0;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly team: WorkerTeam,
    readonly info: EngineInfo,
    { kernels, memoryBytes, memory }: Description,
  ) {
    this.kernels = kernels;
    this.memoryBytes = memoryBytes;
    if (memory) this.view = (block) => this.viewIn(memory, block);
  }

  allocate(bytes: number): NumberedBlock {
    this.assertOpen();
    const id = this.ids++;
    this.team.tell({ type: 'allocate', id, bytes });
    this.blocks.add(id);
    this.bytes += bytes;
    return { id, bytes };
  }

  free(block: NumberedBlock): void {
    if (!this.blocks.delete(block.id)) return;
    this.bytes -= block.bytes;
    if (!this.closing && this.team.alive) this.team.tell({ type: 'free', id: block.id });
  }

  write(block: NumberedBlock, offset: number, data: HostData): void {
    this.assertOpen();
    checkRange(block, offset, data.byteLength);
    const copy = copyOf(data);
    this.team.tell({ type: 'write', block: this.idOf(block), offset, data: copy }, [copy.buffer]);
  }

  async read(block: NumberedBlock, offset: number, bytes: number): Promise<ArrayBuffer> {
    checkRange(block, offset, bytes);
    return this.ask<ArrayBuffer>({ type: 'read', read: { block: this.idOf(block), offset, bytes } });
  }

  async settle(): Promise<void> {
    await this.ask({ type: 'settle' });
  }

  async load(words: Int32Array, slots: number): Promise<NumberedTape> {
    const id = this.ids++;
    const needs = await this.ask<readonly number[]>({ type: 'load', id, words, slots });
    this.tapes.add(id);
    return { id, slots, needs };
  }

  unload(tape: NumberedTape): void {
    if (this.tapes.delete(tape.id) && !this.closing && this.team.alive) {
      this.team.tell({ type: 'unload', id: tape.id });
    }
  }

  async run(run: TapeRun): Promise<readonly ArrayBuffer[]> {
    this.assertOpen();
    checkRun(run);
    const slots = run.slots.map((block) => this.idOf(block as NumberedBlock));
    const writes = run.writes.map(({ slot, offset, data }) => ({
      ...{ block: slots[slot]!, offset },
      data: copyOf(data),
    }));
    const reads = run.reads.map(({ slot, offset, bytes }) => ({ block: slots[slot]!, offset, bytes }));
    const { id } = run.tape as NumberedTape;
    return this.ask<readonly ArrayBuffer[]>(
      { type: 'run', tape: id, slots, writes, reads },
      writes.map(({ data }) => data.buffer),
    );
  }

  memory(): { readonly bytes: number; readonly buffers: number } {
    return { bytes: this.bytes, buffers: this.blocks.size };
  }

  async profile(): Promise<readonly KernelTime[]> {
    return this.ask<readonly KernelTime[]>({ type: 'profile' });
  }

  dispose(): Promise<void> {
    return (this.closing ??= this.team.close());
  }

  private async viewIn(memory: WebAssembly.Memory, block: NumberedBlock): Promise<Uint8Array> {
    const address = await this.ask<number>({ type: 'locate', block: this.idOf(block) });
    // A buffer of before another thread has grown the memory does not reach as far.
    if (memory.buffer.byteLength < address + block.bytes) memory.grow(0);
    return new Uint8Array(memory.buffer, address, block.bytes);
  }

  private async ask<T>(request: Request, transfer?: ArrayBuffer[]): Promise<T> {
    this.assertOpen();
    return this.team.ask<T>(request, transfer);
  }

  private idOf(block: NumberedBlock): number {
    if (this.blocks.has(block.id)) return block.id;
    throw new AttuneError('DISPOSED', 'A block of memory was used after it was freed.');
  }

  private assertOpen(): void {
    if (this.closing) throw disposed();
  }
}

/** The bytes of data in an array of their own, which can move to a worker. */
function copyOf(data: HostData): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(data.byteLength);
  copy.set(bytesOf(data));
  return copy;
}
