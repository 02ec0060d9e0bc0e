/** The part of the `webgpu` package (Dawn for Node) that is used here. */
interface Dawn {
  create(options: readonly string[]): GPU;
  readonly globals: object;
}

type Host = { navigator?: { gpu?: GPU } };

const isNode = (): boolean =>
  typeof (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node === 'string';

/** Why a host has no WebGPU, and what to do. */
export interface NoGpu {
  readonly reason: string;
  readonly fix: string;
}

/** Puts Dawn where a browser has its own: `navigator.gpu` and the globals, which onnxruntime looks for. */
function install({ create, globals }: Dawn, flags: readonly string[]): GPU {
  const host = globalThis as Host;
  Object.assign(host, globals);
  const gpu = create(flags);
  // Node 20 has no navigator, later versions have one without `gpu`.
  if (!host.navigator) Object.defineProperty(host, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(host.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

let installing: Promise<GPU | NoGpu> | undefined;

async function loadDawn(flags: readonly string[]): Promise<GPU | NoGpu> {
  // A computed import, which no bundler follows: browsers have no need of it.
  const name = 'webgpu';
  try {
    return install((await import(/* @vite-ignore */ name)) as Dawn, flags);
  } catch (error) {
    const missing = (error as { code?: unknown } | null)?.code === 'ERR_MODULE_NOT_FOUND';
    return {
      reason: missing
        ? 'Node has no WebGPU of its own, and the package "webgpu" is not installed'
        : `the package "webgpu" failed to load: ${String(error)}`,
      fix: 'npm install webgpu',
    };
  }
}

/**
 * This environment's WebGPU: a browser's own, or, in Node, that of the `webgpu` package.
 *
 * @param flags for Dawn, e.g. `backend=vulkan`. Count for the first call.
 */
export async function findGpu(flags: readonly string[] = []): Promise<GPU | NoGpu> {
  const gpu = (globalThis as Host).navigator?.gpu;
  if (gpu) return gpu;
  if (isNode()) return (installing ??= loadDawn(flags));
  if ((globalThis as { isSecureContext?: boolean }).isSecureContext === false) {
    return {
      reason: 'browsers offer WebGPU in secure contexts only',
      fix: 'Serve the page over https, or from localhost.',
    };
  }
  return {
    reason: 'this browser has no WebGPU',
    fix: 'Use Chrome or Edge 113, Safari 26, Firefox 141 or later; on Linux it may need to be enabled.',
  };
}
