/** A stretch of memory, from its first byte to behind its last. */
interface Range {
  start: number;
  end: number;
}

/** All addresses that are given out are multiples of it. */
const ALIGNMENT = 64;
/** Memory grows by at least this much. */
const STEP = 4 << 20;

const aligned = (bytes: number): number => Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;

/**
 * Gives out stretches of a memory that can grow but never shrinks. It takes the smallest free stretch that is large enough,
 * and joins neighbours that are free, so that giving back all of it leaves one stretch.
 */
export class Allocator {
  /** In order of addresses; no two of them touch. */
  private readonly free: Range[] = [];
  /** Nothing at or above this address was ever given out: it still holds zeros. */
  private fresh: number;
  private end: number;

  /**
   * @param start first byte that may be given out.
   * @param end behind the last one.
   * @param grow makes the memory larger, so that it reaches up to an address; returns where it ends then.
   */
  constructor(
    start: number,
    end: number,
    private readonly grow: (end: number) => number,
  ) {
    const first = Math.ceil(start / ALIGNMENT) * ALIGNMENT;
    this.fresh = first;
    this.end = end;
    this.add({ start: first, end });
  }

  /** Address of a new stretch, and the part of it that was used before; `undefined` if there is no room. */
  allocate(bytes: number): { readonly address: number; readonly used: number } | undefined {
    const size = aligned(bytes);
    const index = this.bestFit(size) ?? this.extend(size);
    if (index === undefined) return undefined;
    const range = this.free[index]!;
    const address = range.start;
    range.start += size;
    if (range.start >= range.end) this.free.splice(index, 1);
    const used = Math.min(Math.max(0, this.fresh - address), size);
    this.fresh = Math.max(this.fresh, address + size);
    return { address, used };
  }

  /** Takes back a stretch that was given out for so many bytes. */
  release(address: number, bytes: number): void {
    this.add({ start: address, end: address + aligned(bytes) });
  }

  /** Number of free stretches. */
  get pieces(): number {
    return this.free.length;
  }

  private bestFit(size: number): number | undefined {
    let best: number | undefined;
    let least = Infinity;
    for (let i = 0; i < this.free.length; i++) {
      const room = this.free[i]!.end - this.free[i]!.start;
      if (room < size || room >= least) continue;
      [best, least] = [i, room];
      if (room === size) break;
    }
    return best;
  }

  /** Makes room at the end of the memory; returns the index of the last free stretch, if it is large enough then. */
  private extend(size: number): number | undefined {
    const last = this.free.at(-1);
    const tail = last?.end === this.end ? this.end - last.start : 0;
    const missing = size - tail;
    const before = this.end;
    this.end = Math.max(this.grow(before + Math.max(missing, STEP)), before);
    if (this.end < before + missing) this.end = Math.max(this.grow(before + missing), this.end);
    if (this.end > before) this.add({ start: before, end: this.end });
    const index = this.free.length - 1;
    const range = this.free[index];
    return range !== undefined && range.end - range.start >= size ? index : undefined;
  }

  private add(range: Range): void {
    if (range.end <= range.start) return;
    // The first free stretch behind it.
    let [low, high] = [0, this.free.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.free[middle]!.start < range.start) low = middle + 1;
      else high = middle;
    }
    const before = this.free[low - 1];
    const after = this.free[low];
    const [joinsBefore, joinsAfter] = [before?.end === range.start, after?.start === range.end];
    if (joinsBefore && joinsAfter) {
      before!.end = after!.end;
      this.free.splice(low, 1);
    } else if (joinsBefore) before!.end = range.end;
    else if (joinsAfter) after!.start = range.start;
    else this.free.splice(low, 0, range);
  }
}
