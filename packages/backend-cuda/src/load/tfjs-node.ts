import { engine, type Tensor } from '@tensorflow/tfjs-core';

/** The tfjs backend's name in the tfjs engine. */
export const TFJS_BACKEND = 'tensorflow';

/** The exports of the addon that are used here. The numbers are TensorFlow's, of its C API. */
export interface Binding {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_BOOL: number;
}

/** An attribute of an op of TensorFlow's. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}

/** The part of the tfjs backend that is used here. Declared here, since the package is absent when this is compiled. */
export interface NodeBackend {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
  executeMultipleOutputs(
    op: string,
    attributes: readonly OpAttribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[];
}

/** The exports of the package that are used here. */
export interface TfjsNode {
  engine(): unknown;
}

/** The tfjs backend, once the package is loaded. */
export function nodeBackend(): NodeBackend {
  return engine().findBackend(TFJS_BACKEND) as unknown as NodeBackend;
}
