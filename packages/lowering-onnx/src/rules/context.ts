import type { Attributes, TensorSpec } from '@attune/core';
import type { Target } from '../writer/target.js';
import { force, type LoweredValue } from './values.js';
import type { GraphWriter, OnnxValue } from '../writer/graph-writer.js';
import type { Operators } from '../writer/operators.js';

/** The node that a rule lowers, with its inputs and attributes. */
export class NodeContext {
  constructor(
    readonly ops: Operators,
    readonly attrs: Attributes,
    /** The node's inputs, as rules yielded them. */
    readonly operands: readonly LoweredValue[],
    /** Specs of the node's outputs. */
    readonly outputs: readonly TensorSpec[],
  ) {}

  get writer(): GraphWriter {
    return this.ops.w;
  }

  get target(): Target {
    return this.ops.target;
  }

  /** Spec of the first output, for the many ops that have one. */
  get out(): TensorSpec {
    return this.outputs[0]!;
  }

  /** The node's inputs, written. */
  get inputs(): OnnxValue[] {
    return this.operands.map(force);
  }

  /** An attribute, of the type that the op's definition gives it. */
  attr<T>(name: string): T {
    return this.attrs[name] as T;
  }
}

/** How an op is written in ONNX: a value for each of its outputs. */
export type Rule = (c: NodeContext) => readonly LoweredValue[];
