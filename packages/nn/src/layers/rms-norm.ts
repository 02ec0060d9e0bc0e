import type { GraphBuilder, Tensor } from '@attune/core';
import { fill } from '../init/initializers.js';
import { Module } from '../module/module.js';
import { Param } from '../module/param.js';

/** Root mean square normalisation of the last axis, with a learned scale. */
export class RmsNorm extends Module {
  readonly weight: Param;

  constructor(
    width: number,
    private readonly epsilon: number,
  ) {
    super();
    this.weight = new Param([width], fill(1));
  }

  forward(g: GraphBuilder, x: Tensor): Tensor {
    return g.rmsNorm(x, this.weight.on(g), this.epsilon);
  }
}
