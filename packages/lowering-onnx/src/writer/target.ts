/**
 * For which execution provider of onnxruntime a model is written.
 *
 * - `cpu`: onnxruntime's own operators (`com.microsoft`) where they are faster.
 * - `webgpu`: none of the operators that the native WebGPU provider lacks, and no batched product with a transpose.
 * - `portable`: standard operators only, for models that leave attune.
 */
export type Target = 'cpu' | 'webgpu' | 'portable';
