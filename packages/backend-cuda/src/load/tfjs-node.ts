import { engine, type Tensor } from '@tensorflow/tfjs-core';

/** The tfjs backend's name in the tfjs engine. */
export const TFJS_BACKEND = 'tensorflow';

/** What is used of the addon's exports. The numbers are TensorFlow's, of its C API. */
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

/** What is used of the tfjs backend. Written down here, since the package is not there when this is compiled. */
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

/** What is used of the package's exports. */
export interface TfjsNode {
  engine(): unknown;
}

/** The tfjs backend, once the package is loaded. */
export function nodeBackend(): NodeBackend {
  return engine().findBackend(TFJS_BACKEND) as unknown as NodeBackend;
}
