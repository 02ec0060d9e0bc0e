/**
 * Prepares `.tmp/cuda` for the tests of the CUDA backend on a real TensorFlow, from the library that
 * `ATTUNE_LIBTENSORFLOW` names: a folder, an archive or a wheel. TensorFlow for the CPU will do:
 *
 *     pip download --no-deps tensorflow-cpu
 *     npm run build
 *     ATTUNE_LIBTENSORFLOW=$(ls tensorflow_cpu-*.whl) node tools/libtensorflow/prepare.js
 *     ATTUNE_CUDA_DIR=$PWD/.tmp/cuda npm run jest -- packages/backend-cuda
 *
 * It is what `attune setup cuda` does, in another folder. What is prepared from the same library stays.
 */
import { fileURLToPath } from 'node:url';
import { readManifest } from '@attune/backend-cuda';
import { download } from '../../apps/cli/dist/setup/cuda/download.js';
import { prepareCuda } from '../../apps/cli/dist/setup/cuda/prepare-cuda.js';
import { runProgram } from '../../apps/cli/dist/setup/cuda/tools.js';

const folder = fileURLToPath(new URL('../../.tmp/cuda', import.meta.url));
const { ATTUNE_LIBTENSORFLOW: libtensorflow, CXX: compiler = 'c++' } = process.env;

if (!libtensorflow) {
  console.error('ATTUNE_LIBTENSORFLOW names no TensorFlow: a folder, an archive or a wheel.');
  process.exitCode = 1;
} else if (readManifest(folder)?.source === libtensorflow) {
  console.log(folder);
} else {
  const tools = { run: runProgram, download, log: (line) => console.error(line) };
  await prepareCuda({ folder, libtensorflow, compiler }, tools);
  console.log(folder);
}
