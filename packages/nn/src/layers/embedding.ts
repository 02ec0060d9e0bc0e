import type { GraphBuilder, Initializer, Tensor } from '@attune/core';
import { normal } from '../init/initializers.js';
import { Module } from '../module/module.js';
import { Param } from '../module/param.js';

/** A row of a table for each index: `i32[…] → f32[…, width]`. */
export class Embedding extends Module {
  readonly weight: Param;

  constructor(rows: number, width: number, init: Initializer = normal(0.02)) {
    super();
    this.weight = new Param([rows, width], init);
  }

  forward(g: GraphBuilder, indices: Tensor): Tensor {
    return g.gather(this.weight.on(g), indices);
  }

  /** The first `count` rows: the positions 0, 1, 2, … of a learned position embedding. */
  firstRows(g: GraphBuilder, count: number): Tensor {
    return g.slice(this.weight.on(g), [0, 0], [count, this.weight.shape[1]!]);
  }

  /** Scores of every row, for a head that shares the table: `f32[…, width] → f32[…, rows]`. */
  project(g: GraphBuilder, x: Tensor): Tensor {
    return g.matmul(x, this.weight.on(g), { transposeB: true });
  }
}
