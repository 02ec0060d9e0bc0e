/**
 * The CUDA backend for Node: TensorFlow's kernels, through `@tensorflow/tfjs-node-gpu`.
 *
 * @packageDocumentation
 */
export { backend } from './backend.js';
export { examineCuda, type CudaFinding } from './doctor/examine.js';
export { builtWithCuda } from './load/cuda-build.js';
export type { Environment } from './load/environment.js';
export { PACKAGE } from './load/package.js';
export {
  faultOfPrepared,
  MANIFEST,
  preparedFolder,
  readManifest,
  type PreparedManifest,
} from './load/prepared-folder.js';
export { writableByOthers, type Identity } from './load/writable-by-others.js';
export { systemPrograms } from './load/system-programs.js';
export type { CudaOptions } from './options.js';
