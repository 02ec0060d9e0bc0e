import { formatSpec, type Engine } from '@attune/core';
import { loweredOps } from '@attune/lowering-onnx';
import { Buffers, type GpuTensor } from './buffers.js';
import type { Device } from './device.js';
import { buildProgram } from './compiled-program.js';
import { alone, type OrtModule } from './onnxruntime.js';
import { shaderCache } from './shader-cache.js';
import { download, upload } from './transfer.js';

/** onnxruntime on a GPU, as an engine. */
export function webgpuEngine(ort: OrtModule, device: Device): Engine<GpuTensor> {
  const buffers = new Buffers(device);
  const shaders = shaderCache(ort, device);
  return {
    name: 'webgpu',
    device: {
      kind: 'gpu',
      description: device.about.description,
      ...(device.about.software && { software: true }),
    },
    capabilities: {
      dtypes: ['f32', 'i32', 'bool'],
      unsupported: {},
      native: loweredOps('webgpu'),
      precision: 'f32',
      // Scatter-add is atomic, in whatever order the GPU comes to it.
      deterministic: false,
    },
    upload: (tensor) => {
      const result = buffers.create(tensor, `A tensor of ${formatSpec(tensor)}`);
      upload(device, result, tensor);
      return result;
    },
    // As the standard has it, a new buffer is all zeros.
    zeros: (spec) => buffers.create(spec, `A tensor of ${formatSpec(spec)}`),
    settle: () => device.settle(),
    download: (tensor) => download(device, tensor),
    free: (tensor) => buffers.free(tensor),
    build: async (program) => {
      await shaders.keep();
      return buildProgram(ort, device, buffers, program);
    },
    memory: () => buffers.memory(),
    // After the sessions, which are released one at a time.
    dispose: () =>
      alone(async () => {
        await shaders.release();
        buffers.dispose();
        device.dispose();
      }),
  };
}
