import type { PeerResolver } from '@attune/core';

/** The part of the `webgpu` package (Dawn for Node) that is used here. */
interface Dawn {
  create(options: readonly string[]): GPU;
  readonly globals: object & { readonly GPUQueue: { readonly prototype: GPUQueue } };
}

type Host = { navigator?: { gpu?: GPU } };

export const isNode = (): boolean =>
  typeof (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node === 'string';

/** Why a host has no WebGPU, and what to do. */
export interface NoGpu {
  readonly reason: string;
  readonly fix: string;
}

/**
 * Has Dawn take views of shared memory, which it refuses: onnxruntime's WebAssembly lives in such memory, and writes to
 * the GPU straight from it.
 */
function acceptSharedMemory(queue: GPUQueue): void {
  const { writeBuffer } = queue;
  queue.writeBuffer = function (this: GPUQueue, buffer, bufferOffset, data, dataOffset = 0, size) {
    const view = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
    if (view.buffer instanceof ArrayBuffer) {
      return writeBuffer.call(this, buffer, bufferOffset, data, dataOffset, size);
    }
    // Offset and size count elements.
    const unit = (view as Partial<Uint8Array>).BYTES_PER_ELEMENT ?? 1;
    const start = view.byteOffset + dataOffset * unit;
    const length = size === undefined ? view.byteLength - dataOffset * unit : size * unit;
    return writeBuffer.call(this, buffer, bufferOffset, new Uint8Array(view.buffer, start, length).slice());
  };
}

/** Puts Dawn where a browser has its own: `navigator.gpu` and the globals, which onnxruntime looks for. */
function install({ create, globals }: Dawn, flags: readonly string[]): GPU {
  const host = globalThis as Host;
  Object.assign(host, globals);
  acceptSharedMemory(globals.GPUQueue.prototype);
  const gpu = create(flags);
  // Node 20 has no navigator, later versions have one without `gpu`.
  if (!host.navigator) Object.defineProperty(host, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(host.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

interface Timers {
  setInterval(callback: () => void, milliseconds: number): unknown;
  clearInterval(timer: unknown): void;
}

/**
 * Waits for work on the GPU. Dawn in Node tells of its end only when the event loop turns, which would sleep for want of
 * anything else to do; so something else is found.
 */
export async function awake<T>(work: () => Promise<T>): Promise<T> {
  if (!installing) return work();
  const { setInterval, clearInterval } = globalThis as unknown as Timers;
  const timer = setInterval(() => undefined, 1);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

let installing: Promise<GPU | NoGpu> | undefined;

interface NodeProcess {
  readonly platform: string;
  dlopen(module: object, file: string): void;
}

/** True on Linux without a Vulkan loader. Checked before Dawn loads, which would complain on stderr. */
function lacksVulkan(): boolean {
  const { process } = globalThis as unknown as { process: NodeProcess };
  if (process.platform !== 'linux') return false;
  try {
    // Never succeeds, since the library is no addon; what counts is how it fails.
    process.dlopen({ exports: {} }, 'libvulkan.so.1');
    return false;
  } catch (error) {
    return String(error).includes('cannot open shared object file');
  }
}

async function loadDawn(flags: readonly string[], resolvePeer?: PeerResolver): Promise<GPU | NoGpu> {
  if (lacksVulkan()) {
    return {
      reason: 'there is no Vulkan on this system (libvulkan.so.1)',
      fix: "Install the Vulkan loader (Debian: libvulkan1) and the GPU's driver.",
    };
  }
  try {
    // A computed import, which no bundler follows: browsers have no need of it.
    const name = resolvePeer?.('webgpu') ?? 'webgpu';
    return install((await import(/* @vite-ignore */ name)) as Dawn, flags);
  } catch (error) {
    const missing = (error as { code?: unknown } | null)?.code === 'ERR_MODULE_NOT_FOUND';
    return {
      reason: missing
        ? 'Node has no WebGPU of its own, and the package "webgpu" is not installed'
        : `the package "webgpu" failed to load: ${String(error)}`,
      fix: 'Install it where this package is installed: npm install webgpu onnxruntime-web',
    };
  }
}

/**
 * This environment's WebGPU: a browser's own, or, in Node, that of the `webgpu` package.
 *
 * @param flags for Dawn, e.g. `backend=vulkan`. Count for the first call.
 * @param resolvePeer finds `webgpu` elsewhere. Counts for the first call.
 */
export async function findGpu(
  flags: readonly string[] = [],
  resolvePeer?: PeerResolver,
): Promise<GPU | NoGpu> {
  const gpu = (globalThis as Host).navigator?.gpu;
  if (gpu) return gpu;
  if (isNode()) return (installing ??= loadDawn(flags, resolvePeer));
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
