/** The package that brings TensorFlow to Node. */
export const PACKAGE = '@tensorflow/tfjs-node-gpu';
