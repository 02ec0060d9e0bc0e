import { PyTorch } from './pytorch.js';

/** PyTorch takes its time to load, from a cold disk the more. */
const DESCRIBE_MS = 120_000;

/** Looks for PyTorch with a GPU: a Python that has it, or what is missing. On a software adapter, PyTorch computes on the CPU. */
export async function findPyTorch({ python, env, temp, software, running, mostMs = Infinity }) {
  const own = {
    ...env,
    // Caches of compiled kernels go with everything else.
    TORCHINDUCTOR_CACHE_DIR: `${temp}/inductor`,
    TRITON_CACHE_DIR: `${temp}/triton`,
    // Older versions keep graphs on disk only where they are told to: see compile-ahead.js.
    TORCHINDUCTOR_FX_GRAPH_CACHE: '1',
    TORCHINDUCTOR_AUTOGRAD_CACHE: '1',
    TMPDIR: temp,
    PYTHONDONTWRITEBYTECODE: '1',
    HOME: env.HOME || temp,
    // nvidia-smi's first GPU, and Vulkan's, is PyTorch's, too: by itself, it takes the fastest.
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
  };
  const pytorch = new PyTorch(python, software ? 'cpu' : 'cuda', own);
  running.add(pytorch);
  try {
    const about = await pytorch.ask('describe', {}, Math.min(DESCRIBE_MS, mostMs));
    return { pytorch, about, missing: [], another: () => new PyTorch(python, pytorch.device, own) };
  } catch (error) {
    pytorch.kill();
    running.delete(pytorch);
    const why = [error.message, error.stderr?.split('\n').at(-1)].filter(Boolean).join(': ');
    return {
      missing: [
        `PyTorch with CUDA, so that nothing is compared with it (${why}). ` +
          'Name a Python that has it: --python PROGRAM.',
      ],
    };
  }
}
