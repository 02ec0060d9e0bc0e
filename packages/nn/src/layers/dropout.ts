import { hashText, type GraphBuilder, type Tensor } from '@attune/core';
import { Module } from '../module/module.js';

/** Name of the feed that seeds every dropout mask of a run: i32 scalar, another one for every run. */
export const SEED_FEED = 'seed';

/** Zeroes elements at random while training, and does nothing in evaluation. Each layer has masks of its own. */
export class Dropout extends Module {
  constructor(readonly p: number) {
    super();
  }

  forward(g: GraphBuilder, x: Tensor): Tensor {
    if (!this.active) return x;
    // The path names the mask, so that it does not depend on what else the model holds.
    const stream = parseInt(hashText(this.path).slice(0, 8), 16);
    return g.dropout(x, g.feed(SEED_FEED, { shape: [], dtype: 'i32' }), this.p, stream);
  }

  /** Whether `forward` changes anything. */
  get active(): boolean {
    return this.training && this.p > 0;
  }
}
