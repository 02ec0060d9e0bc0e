/** Numbers or bytes that a call sums or hands on. */
export type Elements = Float32Array | Float64Array | Uint8Array;

/** Elements that travel in one message: of one type, and of one owner, who sums them or has them. */
export interface Block {
  readonly owner: number;
  /** Where they lie: in one place, or in several small parts. Never empty. */
  readonly pieces: readonly Elements[];
  readonly bytes: number;
}

/** The largest message. */
export const BLOCK_BYTES = 1 << 19;

/** Smaller parts are copied into a message with their neighbours; larger ones travel from where they lie. */
const SMALL_BYTES = 1 << 16;

/** A call of fewer bytes is not divided: a message more costs as much as this many bytes. */
const LEAST_BYTES = 1 << 14;

/** Cuts parts into blocks; the same lengths give the same blocks on every rank. */
class BlockList {
  readonly blocks: Block[] = [];
  private pieces: Elements[] = [];
  private bytes = 0;
  private owner = 0;

  constructor(private readonly blockBytes: number) {}

  add(part: Elements, owner: number): void {
    const [first] = this.pieces;
    const alike = first?.BYTES_PER_ELEMENT === part.BYTES_PER_ELEMENT && owner === this.owner;
    const large = part.byteLength >= SMALL_BYTES;
    if (!alike || large) this.end();
    this.owner = owner;
    for (let start = 0; start < part.length;) {
      const room = Math.floor((this.blockBytes - this.bytes) / part.BYTES_PER_ELEMENT);
      const piece = part.subarray(start, start + room);
      if (piece.length > 0) this.pieces.push(piece);
      this.bytes += piece.byteLength;
      start += piece.length;
      if (start < part.length) this.end();
    }
    if (large) this.end();
  }

  /** Ends the block that is being filled. */
  end(): void {
    if (this.pieces.length > 0) {
      this.blocks.push({ owner: this.owner, pieces: this.pieces, bytes: this.bytes });
    }
    this.pieces = [];
    this.bytes = 0;
  }
}

/** Blocks of parts that have one owner each. */
export function ownedBlocks(parts: readonly Elements[], owners: readonly number[]): readonly Block[] {
  const list = new BlockList(BLOCK_BYTES);
  parts.forEach((part, i) => list.add(part, owners[i]!));
  list.end();
  return list.blocks;
}

/** Blocks that all ranks own, each about as many bytes as the others. */
export function sharedBlocks(parts: readonly Elements[], size: number): readonly Block[] {
  const total = parts.reduce((sum, part) => sum + part.byteLength, 0);
  // Some blocks for each rank, so that one is summed while the next is on its way.
  const even = Math.ceil(total / size / 4 / 8) * 8;
  const list = new BlockList(Math.min(BLOCK_BYTES, Math.max(LEAST_BYTES, even)));
  for (const part of parts) list.add(part, 0);
  list.end();
  let start = 0;
  return list.blocks.map((block) => {
    const owner = Math.floor((start * size) / total);
    start += block.bytes;
    return { ...block, owner };
  });
}
