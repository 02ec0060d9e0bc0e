/** Random choices from a seed, the same on every machine. */
import { Random } from '@attune/core';

/** Lengths at which kernels have their edges: around vectors, tiles and blocks, primes, 1. */
const lengths = [
  ...[
    1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 37, 47, 48, 49, 61, 63, 64, 65, 79, 96,
    97,
  ],
  ...[
    127, 128, 129, 131, 191, 193, 255, 256, 257, 263, 383, 509, 512, 513, 521, 1021, 1024, 1025, 1031, 2049,
  ],
  ...[4097, 8191, 32_768, 32_771, 65_537],
];

/** Choices that follow from one number. */
export class Chance {
  #random;

  constructor(seed) {
    this.#random = new Random(seed);
  }

  /** A whole number from 0 to below `count`. */
  below(count) {
    return Math.floor(this.#random.uniform() * count);
  }

  /** A whole number from `low` to `high`. */
  between(low, high) {
    return low + this.below(high - low + 1);
  }

  /** True so often. */
  is(probability) {
    return this.#random.uniform() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** A length up to `most`; 0 now and then. */
  length(most, { empty = 0.01 } = {}) {
    if (this.is(empty)) return 0;
    const fitting = lengths.filter((length) => length <= most);
    return this.is(0.7) ? this.pick(fitting) : this.between(1, most);
  }

  /** A shape of up to `rank` axes, and about `size` elements at most. */
  shape(rank, size, options) {
    let left = size;
    return Array.from({ length: this.between(1, rank) }, () => {
      const length = this.length(Math.max(1, left), options);
      left = Math.floor(left / Math.max(1, length));
      return length;
    }).sort(() => this.below(3) - 1);
  }

  /** The numbers from 0 to below `count`, in any order. */
  order(count) {
    const rest = Array.from({ length: count }, (_, i) => i);
    return Array.from({ length: count }, () => rest.splice(this.below(rest.length), 1)[0]);
  }

  /** A shape that broadcasts to another one: axes of length 1, leading axes left out. */
  narrowed(shape) {
    if (this.is(0.3)) return shape;
    const axes = shape.map((length) => (this.is(0.5) ? length : 1));
    return axes.slice(this.is(0.4) ? this.below(shape.length + 1) : 0);
  }
}
