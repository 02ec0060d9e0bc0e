import { sizeOf, type MemoryUsage, type TensorSpec } from '@attune/core';
import type { Device } from './device.js';

/** A tensor on the GPU. bool takes a byte an element, the others four. */
export interface GpuTensor extends TensorSpec {
  readonly buffer: GPUBuffer;
}

/** Bytes of a tensor's buffer. onnxruntime copies in multiples of 16. */
export function bytesOf({ shape, dtype }: TensorSpec): number {
  return Math.max(16, Math.ceil((sizeOf(shape) * (dtype === 'bool' ? 1 : 4)) / 16) * 16);
}

/**
 * The backend's buffers. A run writes new values beside the old ones, so a program needs spare buffers of the sizes of its
 * results: they are made when it is compiled, change places with the state's from run to run, and go with it.
 */
export class Buffers {
  private readonly spare = new Map<number, GPUBuffer[]>();
  private readonly demands = new Set<ReadonlyMap<number, number>>();
  private readonly live = new Set<GPUBuffer>();
  private bytes = 0;

  constructor(private readonly device: Device) {}

  /** A new buffer, of zeros. @throws AttuneError OUT_OF_MEMORY if none can be of this size; see also {@link Device.settle}. */
  create(spec: TensorSpec, what: string): GpuTensor {
    const size = bytesOf(spec);
    this.device.checkSize(size, what);
    return { shape: spec.shape, dtype: spec.dtype, buffer: this.allocate(size) };
  }

  /** A spare buffer, or, where all are in use, a new one. */
  take(spec: TensorSpec): GpuTensor {
    const size = bytesOf(spec);
    const buffer = this.spare.get(size)?.pop() ?? this.allocate(size);
    return { shape: spec.shape, dtype: spec.dtype, buffer };
  }

  /** Gives a buffer back: to the spare ones, if a program may need it. */
  free({ buffer }: GpuTensor): void {
    const { size } = buffer;
    const spare = this.spare.get(size) ?? [];
    if (spare.length >= this.wanted(size)) this.destroy(buffer);
    else this.spare.set(size, [...spare, buffer]);
  }

  /**
   * Keeps spare buffers ready for one run's results.
   *
   * @returns what ends it.
   * @throws AttuneError OUT_OF_MEMORY.
   */
  reserve(results: readonly { readonly spec: TensorSpec; readonly what: string }[]): () => void {
    const demand = new Map<number, number>();
    for (const { spec, what } of results) {
      const size = bytesOf(spec);
      this.device.checkSize(size, what);
      demand.set(size, (demand.get(size) ?? 0) + 1);
    }
    this.demands.add(demand);
    for (const [size, count] of demand) {
      const spare = this.spare.get(size) ?? [];
      while (spare.length < count) spare.push(this.allocate(size));
      this.spare.set(size, spare);
    }
    return () => {
      this.demands.delete(demand);
      for (const size of demand.keys()) {
        const spare = this.spare.get(size) ?? [];
        while (spare.length > this.wanted(size)) this.destroy(spare.pop()!);
      }
    };
  }

  memory(): MemoryUsage {
    return { bytes: this.bytes, buffers: this.live.size };
  }

  /** Destroys every buffer: of a device that is the application's, nobody else does. */
  dispose(): void {
    for (const buffer of this.live) this.destroy(buffer);
    this.spare.clear();
    this.demands.clear();
  }

  private wanted(size: number): number {
    let most = 0;
    for (const demand of this.demands) most = Math.max(most, demand.get(size) ?? 0);
    return most;
  }

  private allocate(size: number): GPUBuffer {
    const buffer = this.device.createBuffer(size, this.bytes);
    this.bytes += size;
    this.live.add(buffer);
    return buffer;
  }

  private destroy(buffer: GPUBuffer): void {
    if (!this.live.delete(buffer)) return;
    this.bytes -= buffer.size;
    buffer.destroy();
  }
}
