/**
 * The packages that may come along with attune. `published` is what installing its packages brings; `engines` what people add to compute
 * with (optional peers); `build` all else that the repository is built and tested with, which reaches no user.
 */

const permissive = [
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause'],
  ...['CC0-1.0', 'ISC', 'MIT', 'Unlicense', 'Zlib'],
];

/** SPDX identifiers by group. Others need a decision, and an entry here. */
export const licences = {
  published: permissive,
  engines: permissive,
  // Used as they are, by the build alone: none of their code goes into what is published.
  build: [...permissive, 'CC-BY-4.0', 'LGPL-3.0-or-later', 'MPL-2.0', 'Python-2.0'],
};

/** Packages with an install script, where they may stand, and why. `.npmrc` has `ignore-scripts`: none is run here. */
export const installScripts = {
  '@parcel/watcher': { group: 'build', reason: 'compiles where there is no binary for the platform' },
  '@tensorflow/tfjs-node-gpu': {
    group: 'published',
    lock: 'setup',
    reason: 'downloads a TensorFlow; attune setup cuda installs it with --ignore-scripts',
  },
  esbuild: { group: 'build', reason: 'puts its binary in the place of a script that finds it, too' },
  'core-js': {
    group: 'published',
    lock: 'setup',
    reason: 'asks for donations; attune setup cuda installs it with --ignore-scripts',
  },
  koffi: {
    group: 'engines',
    reason: 'compiles where there is no binary; attune advises to install it with --ignore-scripts',
  },
  nx: { group: 'build', reason: 'prepares its native part' },
  'onnxruntime-node': {
    group: 'engines',
    reason: 'downloads CUDA libraries; attune advises to install it with --ignore-scripts',
  },
  protobufjs: { group: 'engines', reason: 'warns of how its version is written; it is onnxruntime-web’s' },
  'unrs-resolver': { group: 'build', reason: 'looks for a binary for the platform' },
  webgpu: { group: 'engines', reason: 'on macOS, lifts the quarantine of its binary' },
};

/** The registry that packages come from. */
export const REGISTRY = 'https://registry.npmjs.org/';
