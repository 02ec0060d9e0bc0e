import type { GraphBuilder, Initializer, Parameter, Shape, StorageDType, Tensor } from '@attune/core';
import { scaleName, scaleShape } from '../storage/stored.js';

/** A tensor of a layer that training changes. Its name is the path to it from the model, set when that is built. */
export class Param implements Parameter {
  name = '';
  readonly dtype = 'f32';
  trainable = true;
  storage?: StorageDType;
  readonly channelAxis: number;

  constructor(
    readonly shape: Shape,
    readonly init: Initializer,
    { channelAxis = 0 }: { readonly channelAxis?: number } = {},
  ) {
    this.channelAxis = channelAxis;
  }

  /** The parameter's value in a graph: f32, however it is held. */
  on(g: GraphBuilder): Tensor {
    const { name, shape, storage } = this;
    const held = g.state(name, { shape, dtype: storage ?? 'f32' });
    if (storage !== 'i8') return g.cast(held, 'f32');
    const scale = g.state(scaleName(name), { shape: scaleShape(this), dtype: 'f32' });
    return g.mul(g.cast(held, 'f32'), scale);
  }
}
