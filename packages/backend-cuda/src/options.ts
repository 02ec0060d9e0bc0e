import type { PeerResolver } from '@attune/core';

/** Options of the CUDA backend. */
export interface CudaOptions {
  /** Compute on the CPU where TensorFlow sees no GPU. Without it, that is an error. */
  readonly allowCpu?: boolean;
  /**
   * Multiply matrices of float32 in TF32, on GPUs that have it: several times faster, with 10 bits of mantissa instead
   * of 23. Default: false, as in PyTorch. The library reads it when it is loaded, so that it holds for the whole process.
   */
  readonly tf32?: boolean;
  /**
   * Finds `@tensorflow/tfjs-node-gpu` elsewhere. Without it, the package is that of the folder which `attune setup cuda`
   * made, else that which is installed with this package.
   */
  readonly resolvePeer?: PeerResolver;
}
