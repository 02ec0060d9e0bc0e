import type { DType, Shape, TensorSpec } from '../tensor/index.js';
import type { Attributes } from './attributes.js';

/** A named input of a graph under construction. */
export interface GraphInput {
  readonly kind: 'feed' | 'state';
  readonly id: number;
  readonly name: string;
  readonly op?: undefined;
  readonly inputs: readonly [];
  readonly outputs: readonly Tensor[];
}

/** An application of an op in a graph under construction. */
export interface GraphOp {
  readonly kind: 'op';
  /** Position in the order of construction, which is a topological order. */
  readonly id: number;
  /** Its name. One of {@link OpName}, which is derived from the table of ops, and so not known down here. */
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly attrs: Attributes;
  readonly outputs: readonly Tensor[];
}

/** A node of a graph under construction: see {@link ProgramNode}. */
export type GraphNode = GraphInput | GraphOp;

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
