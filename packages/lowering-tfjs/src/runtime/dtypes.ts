import type { DType, HostTensor } from '@attune/core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** What tfjs calls each dtype. */
export const tfjsDtype = { f32: 'float32', i32: 'int32', bool: 'bool' } as const satisfies Record<
  DType,
  string
>;

const coreDtype: Readonly<Record<string, DType>> = { float32: 'f32', int32: 'i32', bool: 'bool' };

/** A copy of a tensor on the host. */
export function toHost(tensor: Tensor): HostTensor {
  const dtype = coreDtype[tensor.dtype]!;
  // A tfjs backend may hand out the array it keeps.
  const data = tensor.dataSync().slice() as HostTensor['data'];
  return { dtype, shape: tensor.shape, data };
}
