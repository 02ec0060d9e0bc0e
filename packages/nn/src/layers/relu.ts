import type { GraphBuilder, Tensor } from '@attune/core';
import { Module } from '../module/module.js';

/** `max(x, 0)`, as a layer: in a sequence of layers it has a number, as in PyTorch's. */
export class Relu extends Module {
  forward(g: GraphBuilder, x: Tensor): Tensor {
    return g.relu(x);
  }
}
