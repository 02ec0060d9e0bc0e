import {
  allocator,
  hostTensor,
  opDefinition,
  opNames,
  type Engine,
  type HostData,
  type NdArray,
} from '@attune/core';
import { buildProgram } from './compiled-program.js';

/** Composites whose body has a matrix product: left to their bodies, they come to its kernel. */
const withProducts = ['attention', 'attentionGrad', 'cachedAttention', 'linearCrossEntropy', 'conv2d'];
const native = opNames.filter((op) => !opDefinition(op).body || !withProducts.includes(op));

/** An engine in plain JavaScript. Tensors are typed arrays in host memory, in float32. */
export function typedArraysEngine(): Engine<NdArray> {
  const allocate = allocator('f32');
  const live = new Set<NdArray>();
  /** A new handle with data of its own: results of reference rules may share theirs (a reshape does). */
  const upload = ({ dtype, shape, data }: Pick<NdArray, 'dtype' | 'shape' | 'data'>): NdArray => {
    const handle = allocate({ dtype, shape });
    handle.data.set(data);
    live.add(handle);
    return handle;
  };

  return {
    name: 'typed-arrays',
    device: { kind: 'cpu', description: 'typed arrays in JavaScript' },
    capabilities: {
      dtypes: ['f32', 'i32', 'bool'],
      unsupported: {},
      native,
      // How products of matrices are computed: what the kit's tolerances follow.
      precision: 'f32',
      deterministic: true,
    },
    upload,
    download: ({ dtype, shape, data }) => hostTensor(dtype, shape, data.slice() as HostData),
    free: (handle) => void live.delete(handle),
    build: (program) => buildProgram(program, upload),
    memory: () => ({
      buffers: live.size,
      bytes: [...live].reduce((total, { data }) => total + data.byteLength, 0),
    }),
    dispose: () => live.clear(),
  };
}
