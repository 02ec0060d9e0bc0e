import { preparedFolder, readManifest } from '../load/prepared-folder.js';

/**
 * Why tests that need TensorFlow cannot run; `undefined` where they can. They run on the folder that `ATTUNE_CUDA_DIR`
 * names, and on no other, so that what happens to be installed does not change what is tested.
 */
export const reasonToSkip: string | undefined = !process.env['ATTUNE_CUDA_DIR']
  ? 'ATTUNE_CUDA_DIR names no prepared folder: see tools/libtensorflow/prepare.js'
  : readManifest(preparedFolder())
    ? undefined
    : `ATTUNE_CUDA_DIR names ${process.env['ATTUNE_CUDA_DIR']}, which is not prepared`;
