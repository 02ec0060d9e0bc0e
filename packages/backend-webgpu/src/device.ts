import { AttuneError } from '@attune/core';
import { describeAdapter, findAdapter, type AdapterDescription, type AdapterOptions } from './adapter.js';
import { awake } from './dawn.js';

/** Limits that are asked for in full: the defaults are those of a small phone. */
const wanted = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
  'maxBindGroups',
] as const;

/** The features that onnxruntime's kernels make use of. */
const features: readonly GPUFeatureName[] = ['shader-f16', 'subgroups'];

const outOfMemory = (message: string, data?: Readonly<Record<string, unknown>>) =>
  new AttuneError('OUT_OF_MEMORY', `The GPU is out of memory: ${message}`, {
    fix: 'Use a smaller batch or model, or close other pages and programs that use the GPU.',
    ...(data && { data }),
  });

/** A GPU in use, and what has gone wrong with it. */
export class Device {
  private fault?: AttuneError;
  private lost?: AttuneError;
  /** Buffers whose allocation is not confirmed yet. */
  private readonly pending = new Set<Promise<void>>();

  constructor(
    readonly gpu: GPUDevice,
    readonly about: AdapterDescription,
    /** True if the device is destroyed with the backend: one that the application made is left alone. */
    private readonly owned: boolean,
  ) {
    // Only its own device's: an application may have listeners, and errors, of its own.
    if (owned) {
      gpu.addEventListener('uncapturederror', (event) => {
        const { error } = event;
        const memory = typeof GPUOutOfMemoryError !== 'undefined' && error instanceof GPUOutOfMemoryError;
        this.fault ??= memory
          ? outOfMemory(error.message)
          : new AttuneError('BACKEND_FAILURE', `WebGPU: ${error.message}`);
      });
    }
    // Never rejects.
    void gpu.lost.then(({ reason, message }) => {
      this.lost = new AttuneError(
        'BACKEND_FAILURE',
        `The GPU was lost${reason === 'destroyed' ? ' (the device was destroyed)' : ''}: ${message || 'no reason was given'}.`,
        {
          fix: 'Create the backend again, and restore from the last checkpoint.',
          data: { deviceLost: true },
        },
      );
    });
  }

  /** @throws AttuneError what has gone wrong since the last look: OUT_OF_MEMORY, BACKEND_FAILURE. A lost GPU stays lost. */
  check(): void {
    if (this.lost) throw this.lost;
    const { fault } = this;
    this.fault = undefined;
    if (fault) throw fault;
  }

  /** A buffer for a tensor. Its allocation is confirmed later: see {@link Device.settle}. */
  createBuffer(size: number, held: number): GPUBuffer {
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    this.gpu.pushErrorScope('out-of-memory');
    const buffer = this.gpu.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
    const known = this.gpu
      .popErrorScope()
      .then((error) => {
        if (!error) return;
        const what = `a buffer of ${size} bytes does not fit beside the ${held} in use`;
        this.fault ??= outOfMemory(`${what} (${error.message}).`, { bytes: size, held });
      })
      // A GPU that was lost says so itself.
      .catch(() => undefined)
      .finally(() => this.pending.delete(known));
    this.pending.add(known);
    return buffer;
  }

  /** Waits until the allocation of all buffers is confirmed. @throws AttuneError as {@link Device.check}. */
  async settle(): Promise<void> {
    if (this.pending.size > 0) await awake(() => Promise.all(this.pending));
    this.check();
  }

  /**
   * @throws AttuneError OUT_OF_MEMORY for a tensor that this GPU cannot hold in one buffer, whatever is free.
   */
  checkSize(bytes: number, what: string): void {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.gpu.limits;
    for (const [limit, allowed] of Object.entries({ maxBufferSize, maxStorageBufferBindingSize })) {
      if (bytes <= allowed) continue;
      throw new AttuneError(
        'OUT_OF_MEMORY',
        `${what} takes ${bytes} bytes in one buffer, but ${limit} of ${this.about.description} is ${allowed}.`,
        {
          fix: 'Use a smaller batch, vocabulary or block size, or another backend.',
          data: { limit, allowed, bytes },
        },
      );
    }
  }

  dispose(): void {
    if (this.owned) this.gpu.destroy();
  }
}

/** Takes a GPU, with all that it offers. @throws AttuneError BACKEND_UNAVAILABLE. */
export async function openDevice(options: AdapterOptions): Promise<Device> {
  const adapter = await findAdapter(options);
  if ('reason' in adapter) {
    throw new AttuneError('BACKEND_UNAVAILABLE', `No WebGPU here: ${adapter.reason}.`, { fix: adapter.fix });
  }
  try {
    const gpu = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(wanted.map((limit) => [limit, adapter.limits[limit]])),
      requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
    });
    return new Device(gpu, describeAdapter(adapter), true);
  } catch (error) {
    throw new AttuneError('BACKEND_UNAVAILABLE', `The GPU gave no device: ${String(error)}`, {
      cause: error,
      fix: 'Close other pages and programs that use the GPU.',
    });
  }
}
