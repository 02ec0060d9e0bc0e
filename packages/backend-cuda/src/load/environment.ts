/** Variables of the process, as Node shows them: what is set here, the native library reads. */
export type Environment = Record<string, string | undefined>;

/** The variable by which NVIDIA's libraries leave TF32 off, whatever a program asks of them. */
const TF32_OVERRIDE = 'NVIDIA_TF32_OVERRIDE';

/**
 * Sets what TensorFlow and CUDA read when they start. What a user has set stays, save for TF32, which is ours to decide:
 * TensorFlow has it on.
 */
export function prepareEnvironment(env: Environment, { tf32 }: { readonly tf32: boolean }): void {
  // Without it, TensorFlow takes all memory of the GPU at once.
  env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  // Of several GPUs, the addon puts tensors on the last and runs kernels on the first.
  env['CUDA_VISIBLE_DEVICES'] ??= '0';
  // 1: no notices of what the library was built for; warnings stay.
  env['TF_CPP_MIN_LOG_LEVEL'] ??= '1';
  if (!tf32) env[TF32_OVERRIDE] = '0';
  else if (env[TF32_OVERRIDE] === '0') delete env[TF32_OVERRIDE];
}
