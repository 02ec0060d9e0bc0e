import { computeDType, type DType } from '@attune/core';
import type { Kernels } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import { nodeBackend, type OpAttribute } from '../load/tfjs-node.js';

/** Attributes of an op, by name: a dtype, a whole number, or a boolean. */
type Attributes = Readonly<Record<string, DType | number | boolean>>;

function encode(attributes: Attributes): OpAttribute[] {
  const { binding } = nodeBackend();
  const dtypes = { f32: binding.TF_FLOAT, i32: binding.TF_INT32, bool: binding.TF_BOOL };
  return Object.entries(attributes).map(([name, value]) => {
    if (typeof value === 'boolean') return { name, type: binding.TF_ATTR_BOOL, value };
    if (typeof value === 'number') return { name, type: binding.TF_ATTR_INT, value };
    return { name, type: binding.TF_ATTR_TYPE, value: dtypes[computeDType(value)] };
  });
}

/**
 * Runs an op of TensorFlow's by its own name: the addon knows them all, while tfjs only has those that its other backends
 * have, too.
 */
export function tensorflow(
  k: Kernels,
  op: string,
  attributes: Attributes,
  inputs: readonly Tensor[],
  outputs = 1,
): readonly Tensor[] {
  return k.call(() => nodeBackend().executeMultipleOutputs(op, encode(attributes), inputs, outputs));
}

/** A small tensor of whole numbers on the host, where TensorFlow reads axes and shapes. */
export function integers(
  k: Kernels,
  data: readonly number[],
  shape: readonly number[] = [data.length],
): Tensor {
  return k.upload({ shape, dtype: 'i32', data });
}
