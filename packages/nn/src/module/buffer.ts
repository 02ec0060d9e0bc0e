import type { GraphBuilder, Initializer, ModelBuffer, Shape, Tensor } from '@attune/core';

/** A tensor of a layer that no gradient changes. Its name is the path to it from the model, set when that is built. */
export class Buffer implements ModelBuffer {
  name = '';
  readonly dtype = 'f32';
  readonly persistent: boolean;

  /** It is saved with the weights, unless it is not `persistent`. */
  constructor(
    readonly shape: Shape,
    readonly init: Initializer,
    { persistent = true }: { readonly persistent?: boolean } = {},
  ) {
    this.persistent = persistent;
  }

  /** The buffer's value in a graph, as it is when the run begins. */
  on(g: GraphBuilder): Tensor {
    return g.state(this.name, this);
  }

  /** Replaces it, when the run is done. */
  update(g: GraphBuilder, value: Tensor): void {
    g.update(this.name, value);
  }
}
