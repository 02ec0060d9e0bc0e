import type { GraphBuilder, Initializer, Parameter, Shape, Tensor } from '@attune/core';

/** A tensor of a layer that training changes. Its name is the path to it from the model, set when that is built. */
export class Param implements Parameter {
  name = '';
  readonly dtype = 'f32';
  trainable = true;

  constructor(
    readonly shape: Shape,
    readonly init: Initializer,
  ) {}

  /** The parameter's value in a graph. */
  on(g: GraphBuilder): Tensor {
    return g.state(this.name, this);
  }
}
