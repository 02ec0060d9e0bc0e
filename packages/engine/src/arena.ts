import type { Block, EngineHost } from './host/host.js';

/** A program's share in the arena. */
export interface Reservation {
  /** The arena as it is now. It may be another one after programs were built or disposed. */
  readonly block: Block;
  release(): void;
}

/**
 * The memory that values lie in while a program runs. Runs are serial and keep nothing there, so that all programs share one
 * block, as long as the longest of them asks for.
 */
export class Arena {
  private readonly sizes = new Set<{ readonly bytes: number }>();
  private block?: Block;

  constructor(private readonly host: EngineHost) {}

  /** Its length now. */
  get bytes(): number {
    return this.block?.bytes ?? 0;
  }

  /** Makes sure of so many bytes until they are released. */
  reserve(bytes: number): Reservation {
    const size = { bytes };
    this.sizes.add(size);
    this.resize();
    const current = () => this.block!;
    return {
      get block() {
        return current();
      },
      release: () => {
        if (this.sizes.delete(size)) this.resize();
      },
    };
  }

  private resize(): void {
    const bytes = Math.max(0, ...[...this.sizes].map((size) => size.bytes));
    if (this.sizes.size > 0 && this.block?.bytes === bytes) return;
    if (this.block) this.host.free(this.block);
    delete this.block;
    if (this.sizes.size > 0) this.block = this.host.allocate(bytes);
  }
}
