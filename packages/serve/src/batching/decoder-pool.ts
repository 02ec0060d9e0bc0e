import type { Decoder } from '@attune/train';

/** Asks a pool for the decoder of one batcher, and gives it back. */
export interface DecoderLease {
  /** The decoder, when there may be one more. */
  take(): Promise<Decoder>;
  /** True if another batcher waits for a decoder, and it is this one's turn to give its own up. */
  readonly wanted: boolean;
  /** Frees the decoder. */
  give(): void;
  /** Says that the decoder is not in use: it is kept, and freed when another batcher needs its place. */
  rest(): void;
}

interface Waiting {
  readonly holder: Holder;
  readonly enter: () => void;
}

interface Holder {
  decoder?: Decoder;
  busy: boolean;
  wanted: boolean;
}

/**
 * Decoders of several batchers, of which there are only so many at a time: each keeps keys and values for all its rows. Those that
 * wait for one get it in their order; the one that was taken first makes room.
 */
export class DecoderPool {
  /** Those that have a decoder, or are about to, in the order in which they took it. */
  private holders: Holder[] = [];
  private waiting: Waiting[] = [];

  /** @param most decoders at a time. */
  constructor(private readonly most: number) {}

  /** @param make makes the decoder, each time that it is needed anew. */
  lease(make: () => Promise<Decoder>): DecoderLease {
    const holder: Holder = { busy: false, wanted: false };
    return {
      take: () => this.take(holder, make),
      get wanted() {
        return holder.wanted;
      },
      give: () => this.give(holder),
      rest: () => {
        holder.busy = false;
        this.makeRoom();
      },
    };
  }

  private async take(holder: Holder, make: () => Promise<Decoder>): Promise<Decoder> {
    holder.busy = true;
    if (holder.decoder) return holder.decoder;
    await new Promise<void>((enter) => {
      this.waiting.push({ holder, enter });
      this.makeRoom();
    });
    try {
      return (holder.decoder = await make());
    } catch (error) {
      this.give(holder);
      throw error;
    }
  }

  private give(holder: Holder): void {
    holder.decoder?.dispose();
    Object.assign(holder, { decoder: undefined, busy: false, wanted: false });
    this.holders = this.holders.filter((other) => other !== holder);
    this.makeRoom();
  }

  /** Lets the next one in, or finds one that makes room for it. */
  private makeRoom(): void {
    const next = this.waiting[0];
    if (!next) return;
    if (this.holders.length < this.most) {
      this.waiting.shift();
      this.holders.push(next.holder);
      next.enter();
      return;
    }
    const idle = this.holders.find(({ busy, decoder }) => !busy && decoder);
    if (idle) this.give(idle);
    else if (!this.holders.some(({ wanted }) => wanted)) this.holders[0]!.wanted = true;
  }
}
