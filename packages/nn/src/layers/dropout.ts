import type { GraphBuilder, Tensor } from '@attune/core';
import { Module } from '../module/module.js';
import { randomStream } from '../module/random-stream.js';

/** Name of the feed that seeds every dropout mask of a run: i32 scalar, another one for every run. */
export const SEED_FEED = 'seed';

/** Zeroes elements at random while training, and does nothing in evaluation. Each layer has masks of its own. */
export class Dropout extends Module {
  constructor(readonly p: number) {
    super();
  }

  forward(g: GraphBuilder, x: Tensor): Tensor {
    if (!this.drops(g)) return x;
    const seed = g.feed(SEED_FEED, { shape: [], dtype: 'i32' });
    return g.dropout(x, seed, this.p, randomStream(this.path));
  }

  /** True if `forward` changes its input in the pass that is being written. */
  drops(g: GraphBuilder): boolean {
    return this.isTraining(g) && this.p > 0;
  }
}
