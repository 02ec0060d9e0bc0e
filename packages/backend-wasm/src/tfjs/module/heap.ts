import { engine, type Tensor } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { coreDtype, tfjsDtype, type Kernels } from '@attune/lowering-tfjs';
import { computeDType, type TensorSpec } from '@attune/core';

/** The tfjs backend whose kernels are running: rules are only called while it is the current one. */
export function wasmBackend(): BackendWasm {
  return engine().backend as BackendWasm;
}

/** A tensor's shape and dtype, in core's words. */
export function specOf({ shape, dtype }: Tensor): TensorSpec {
  return { shape, dtype: coreDtype(dtype) };
}

/** A tensor whose memory holds whatever was there before. */
export function uninitialised(k: Kernels, { shape, dtype }: TensorSpec): Tensor {
  const info = wasmBackend().makeOutput([...shape], tfjsDtype[computeDType(dtype)]);
  return k.track(engine().makeTensorFromTensorInfo(info));
}

/** Where a tensor's data begins in the module's memory, in bytes. */
export function addressOf(tensor: Tensor): number {
  return wasmBackend().dataIdMap.get(tensor.dataId).memoryOffset;
}

/** A tensor's data, in place. Valid until the next allocation, which may move the whole memory. */
export function viewOf<T extends Float32Array | Int32Array | Uint8Array>(tensor: Tensor): T {
  return wasmBackend().typedArrayFromHeap(tensor) as T;
}

/** The module's memory, byte by byte. Valid until the next allocation. */
export function bytes(): Uint8Array {
  return (wasmBackend().wasm as unknown as { HEAPU8: Uint8Array }).HEAPU8;
}
