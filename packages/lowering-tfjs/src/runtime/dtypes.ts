import type { ComputeDType, DType, HostTensor } from '@attune/core';
import type { DataType, Tensor } from '@tensorflow/tfjs-core';

/** The names of dtypes in tfjs. */
export const tfjsDtype = { f32: 'float32', i32: 'int32', bool: 'bool' } as const satisfies Record<
  ComputeDType,
  string
>;

/** The dtype that tfjs calls so. */
export function coreDtype(dtype: DataType): DType {
  return dtype === 'float32' ? 'f32' : dtype === 'int32' ? 'i32' : 'bool';
}

/** A copy of a tensor on the host. */
export function toHost(tensor: Tensor): HostTensor {
  const dtype = coreDtype(tensor.dtype);
  // A tfjs backend may hand out the array it keeps.
  const data = tensor.dataSync().slice() as HostTensor['data'];
  return { dtype, shape: tensor.shape, data };
}
