import { hostTensor, sizeOf, type HostTensor } from '@attune/core';
import type { GpuTensor } from './buffers.js';
import { awake } from './dawn.js';
import type { Device } from './device.js';

/** Copies values into a tensor's buffer, after the work that was submitted before. They may be overwritten at once. */
export function upload({ gpu }: Device, { buffer }: GpuTensor, { data }: HostTensor): void {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  // Writes are multiples of 4 bytes, and Dawn in Node takes no shared memory.
  const plain = bytes.byteLength % 4 === 0 && bytes.buffer instanceof ArrayBuffer;
  let source = bytes;
  if (!plain) {
    source = new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4);
    source.set(bytes);
  }
  gpu.queue.writeBuffer(buffer, 0, source as Uint8Array<ArrayBuffer>);
}

/** Copies a tensor to the host: its value as of this call. Work that is submitted later does not wait for it. */
export async function download(device: Device, { buffer, dtype, shape }: GpuTensor): Promise<HostTensor> {
  device.check();
  const { gpu } = device;
  const staging = gpu.createBuffer({
    size: buffer.size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  try {
    const encoder = gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    gpu.queue.submit([encoder.finish()]);
    try {
      await awake(() => staging.mapAsync(GPUMapMode.READ));
    } catch (error) {
      // A turn later it is known whether the device was lost.
      await gpu.queue.onSubmittedWorkDone().catch(() => undefined);
      device.check();
      throw error;
    }
    device.check();
    const bytes = staging.getMappedRange().slice(0);
    const size = sizeOf(shape);
    if (dtype === 'f32') return hostTensor('f32', shape, new Float32Array(bytes, 0, size));
    if (dtype === 'i32') return hostTensor('i32', shape, new Int32Array(bytes, 0, size));
    return hostTensor('bool', shape, new Uint8Array(bytes, 0, size));
  } finally {
    staging.destroy();
  }
}
