import { AttuneError, isAttuneError } from '@attune/core';
import { outOfMemory, throwStatus } from '../host/faults.js';
import { STACK_BYTES, WasmInstance, type PreparedTape } from './instance.js';
import type { Answer, BlockRead, BlockWrite, Command, Reply, Request, Start } from './protocol.js';

interface Block {
  readonly bytes: number;
  /** `undefined` where there was no room. */
  readonly address: number | undefined;
}

/** An answer, and the memory that moves with it. */
interface Result {
  readonly value: Answer;
  readonly transfer?: ArrayBuffer[];
}

/** Blocks and tapes of an instance, by the numbers that the other side gives them. */
export class Leader {
  private readonly instance: WasmInstance;
  private readonly blocks = new Map<number, Block>();
  private readonly tapes = new Map<number, PreparedTape>();

  constructor(
    start: Extract<Start, { type: 'lead' }>,
    private readonly reply: (message: Reply, transfer?: ArrayBuffer[]) => void,
  ) {
    const instance = new WasmInstance(start);
    this.instance = instance;
    const stacks = Array.from({ length: start.threads - 1 }, () => this.stack());
    const { version, isa, kernels, maximumBytes: memoryBytes, crew, memory } = instance;
    const shared = start.share ? { memory } : {};
    reply({ type: 'ready', version, isa, kernels, memoryBytes, crew, stacks, ...shared });
  }

  /** Carries out a command. What it throws leaves the engine in an unknown state. */
  take(command: Command): void {
    switch (command.type) {
      case 'allocate': {
        const { id, bytes } = command;
        this.blocks.set(id, { bytes, address: this.instance.allocate(bytes) });
        return;
      }
      case 'free': {
        const block = this.blocks.get(command.id)!;
        this.blocks.delete(command.id);
        if (block.address !== undefined) this.instance.release(block.address, block.bytes);
        return;
      }
      case 'unload': {
        const tape = this.tapes.get(command.id);
        if (tape) this.instance.unload(tape);
        this.tapes.delete(command.id);
        return;
      }
      case 'write':
        // Into a block without memory, nothing is written: a run that reads it fails.
        if (this.blocks.get(command.block)?.address !== undefined) this.write(command);
        return;
      case 'ask':
        this.answer(command.call, command.request);
    }
  }

  private answer(call: number, request: Request): void {
    try {
      const { value, transfer } = this.resultOf(request);
      this.reply({ type: 'done', call, value }, transfer);
    } catch (error) {
      if (!isAttuneError(error)) throw error;
      this.reply({ type: 'error', call, code: error.code, message: error.message });
    }
  }

  private resultOf(request: Request): Result {
    switch (request.type) {
      case 'read': {
        const value = this.read(request.read);
        return { value, transfer: [value] };
      }
      case 'locate':
        return { value: this.addressOf(request.block) };
      case 'settle': {
        const failed = [...this.blocks.values()].find(({ address }) => address === undefined);
        if (failed) throw outOfMemory(failed.bytes, this.instance.bytes);
        return { value: undefined };
      }
      case 'load': {
        const tape = this.instance.load(request.words, request.slots);
        this.tapes.set(request.id, tape);
        return { value: tape.needs };
      }
      case 'run': {
        const tape = this.tapes.get(request.tape);
        if (!tape) throw new AttuneError('DISPOSED', 'A tape was run after it was unloaded.');
        const addresses = request.slots.map((id) => this.addressOf(id));
        for (const write of request.writes) this.write(write);
        throwStatus(this.instance.run(tape, addresses));
        const value = request.reads.map((read) => this.read(read));
        return { value, transfer: value };
      }
      case 'profile':
        return { value: this.instance.profile() };
      case 'close':
        this.instance.close();
        return { value: undefined };
    }
  }

  private write({ block, offset, data }: BlockWrite): void {
    this.instance.write(this.addressOf(block) + offset, data);
  }

  private read({ block, offset, bytes }: BlockRead): ArrayBuffer {
    return this.instance.read(this.addressOf(block) + offset, bytes);
  }

  private addressOf(id: number): number {
    const block = this.blocks.get(id)!;
    if (block.address === undefined) throw outOfMemory(block.bytes, this.instance.bytes);
    return block.address;
  }

  private stack(): number {
    const address = this.instance.allocate(STACK_BYTES);
    if (address === undefined) throw outOfMemory(STACK_BYTES, this.instance.bytes);
    return address + STACK_BYTES;
  }
}
