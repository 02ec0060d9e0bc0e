import { philox4x32 } from './philox.js';

/** Where a {@link Random} stands: enough to continue it exactly. JSON-serialisable. */
export interface RandomState {
  readonly seed: number;
  readonly stream: number;
  /** How many 32-bit words were drawn. */
  readonly position: number;
}

/**
 * A sequence of random numbers on the host, for initialisation, data order and sampling. The same seed and stream
 * give the same numbers on every machine; different streams of one seed are independent.
 */
export class Random {
  private readonly words = new Uint32Array(4);
  private position: number;

  constructor(
    readonly seed: number,
    readonly stream = 0,
    position = 0,
  ) {
    this.position = position;
    if (position % 4 !== 0) this.refill();
  }

  /** Continues a sequence where `state()` was taken. */
  static restore(state: RandomState): Random {
    return new Random(state.seed, state.stream, state.position);
  }

  /** Where the sequence stands. */
  state(): RandomState {
    return { seed: this.seed, stream: this.stream, position: this.position };
  }

  private refill(): void {
    const block = Math.floor(this.position / 4);
    philox4x32(
      [block >>> 0, Math.floor(block / 2 ** 32), this.stream >>> 0, 0],
      [this.seed >>> 0, Math.floor(this.seed / 2 ** 32) >>> 0],
      this.words,
    );
  }

  /** An unsigned 32-bit integer. */
  uint32(): number {
    if (this.position % 4 === 0) this.refill();
    return this.words[this.position++ % 4]!;
  }

  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** A uniform integer in [0, bound), for bounds up to 2⁵³. */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** Standard normal, by Box and Muller's transform. Two uniforms a number, so that the position stays simple. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /**
   * Fills an array with normal numbers of mean 0, for initialisation: both numbers of each Box–Muller pair, and a 32-bit
   * word a number, which is all that float32 can tell apart.
   */
  fillNormal(out: Float32Array, standardDeviation: number): Float32Array {
    for (let i = 0; i < out.length; i += 2) {
      const radius = standardDeviation * Math.sqrt(-2 * Math.log((this.uint32() + 1) / 2 ** 32));
      const angle = (2 * Math.PI * this.uint32()) / 2 ** 32;
      out[i] = radius * Math.cos(angle);
      if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
    }
    return out;
  }
}
