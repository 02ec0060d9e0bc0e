import type { Block, Elements } from './blocks.js';

/** Memory of the size of a block, used again from message to message. */
export class Scratch {
  private readonly free: Uint8Array[] = [];

  constructor(private readonly blockBytes: number) {}

  take(): Uint8Array {
    return this.free.pop() ?? new Uint8Array(this.blockBytes);
  }

  give(memory: Uint8Array): void {
    this.free.push(memory);
  }
}

/** A block's elements in one place. */
export interface Staged {
  readonly elements: Elements;
  readonly bytes: Uint8Array;
  /** Writes the elements back to where the block lies. */
  store(): void;
  /** Lets others use the memory. */
  release(): void;
}

const nothing = (): void => undefined;

const bytesOf = ({ buffer, byteOffset, byteLength }: Elements): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Scratch memory as elements like those of a block. */
export function elementsLike(block: Block, memory: Uint8Array): Elements {
  const { buffer } = memory;
  const [first] = block.pieces;
  const length = block.bytes / first!.BYTES_PER_ELEMENT;
  if (first!.BYTES_PER_ELEMENT === 8) return new Float64Array(buffer, 0, length);
  return first!.BYTES_PER_ELEMENT === 4
    ? new Float32Array(buffer, 0, length)
    : new Uint8Array(buffer, 0, length);
}

/** A block's elements in one place: where they lie, if that is one, or copied to scratch memory. */
export function stage(block: Block, scratch: Scratch, filled: boolean): Staged {
  const [first] = block.pieces;
  if (block.pieces.length === 1) {
    return { elements: first!, bytes: bytesOf(first!), store: nothing, release: nothing };
  }
  const memory = scratch.take();
  const elements = elementsLike(block, memory);
  if (filled) {
    let at = 0;
    for (const piece of block.pieces) {
      elements.set(piece, at);
      at += piece.length;
    }
  }
  return {
    elements,
    bytes: bytesOf(elements),
    store() {
      let at = 0;
      for (const piece of block.pieces) {
        piece.set(elements.subarray(at, at + piece.length));
        at += piece.length;
      }
    },
    release: () => scratch.give(memory),
  };
}
