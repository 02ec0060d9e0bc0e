import { PyTorch } from './pytorch.js';

/** PyTorch takes its time to load, from a cold disk the more. */
const DESCRIBE_MS = 60_000;

/** Looks for PyTorch with a GPU: a Python that has it, or what is missing. On a software adapter, PyTorch computes on the CPU. */
export async function findPyTorch({ python, env, temp, software }) {
  const own = {
    ...env,
    // Caches of compiled kernels go with everything else.
    TORCHINDUCTOR_CACHE_DIR: `${temp}/inductor`,
    TRITON_CACHE_DIR: `${temp}/triton`,
    PYTHONDONTWRITEBYTECODE: '1',
    HOME: env.HOME ?? temp,
  };
  const pytorch = new PyTorch(python, software ? 'cpu' : 'cuda', own);
  try {
    const about = await pytorch.ask('describe', {}, DESCRIBE_MS);
    return { pytorch, about, missing: [], another: () => new PyTorch(python, pytorch.device, own) };
  } catch (error) {
    pytorch.kill();
    const why = [error.message, error.stderr?.split('\n').at(-1)].filter(Boolean).join(': ');
    return {
      missing: [
        `PyTorch with CUDA, so that nothing is compared with it (${why}). ` +
          'Name a Python that has it: --python PROGRAM.',
      ],
    };
  }
}
