import type { Attributes } from '../ops/define-op.js';
import type { OpName } from '../ops/index.js';
import type { DType, Shape, TensorSpec } from '../tensor/index.js';

/** An application of an op in a graph under construction. */
export interface GraphNode {
  /** Position in the order of construction, which is a topological order. */
  readonly id: number;
  readonly op: OpName;
  readonly inputs: readonly Tensor[];
  readonly attrs: Attributes;
  readonly outputs: readonly Tensor[];
}

/** A value in a graph: what an op will yield. It holds no numbers; those exist on a backend, when a program runs. */
export class Tensor implements TensorSpec {
  constructor(
    readonly node: GraphNode,
    /** Which output of the node. */
    readonly output: number,
    readonly shape: Shape,
    readonly dtype: DType,
  ) {}

  get rank(): number {
    return this.shape.length;
  }
}
