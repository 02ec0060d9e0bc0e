import {
  computeDType,
  labelOf,
  withHostValues,
  type CompiledProgram,
  type HostTensors,
  type Program,
  type RunResults,
} from '@attune/core';
import { lower, type ModelInput, type ModelOutput } from '@attune/lowering-onnx';
import type { InferenceSession, Tensor } from 'onnxruntime-web/webgpu';
import { bytesOf, type Buffers, type GpuTensor } from './buffers.js';
import type { Device } from './device.js';
import { alone, openSession, type OrtModule } from './onnxruntime.js';
import { upload } from './transfer.js';

const types = { f32: 'float32', i32: 'int32', bool: 'bool' } as const;

/** Every value of a program has to fit into a buffer. @throws AttuneError OUT_OF_MEMORY. */
function checkSizes(program: Program, device: Device): void {
  for (const node of program.nodes) {
    for (const id of node.outputs) {
      const spec = program.values[id]!;
      device.checkSize(
        bytesOf(spec),
        `A ${spec.dtype}[${spec.shape.join(', ')}] of program "${program.name}" (${labelOf(node)})`,
      );
    }
  }
}

/** A program as a session of onnxruntime, which reads and writes buffers of ours. */
class GpuProgram implements CompiledProgram<GpuTensor> {
  constructor(
    private readonly ort: OrtModule,
    private readonly device: Device,
    private readonly buffers: Buffers,
    private readonly session: InferenceSession,
    private readonly inputs: readonly ModelInput[],
    private readonly outputs: readonly ModelOutput[],
    private readonly hostProgram: Program | undefined,
    /** Buffers of the inputs that come from the host. */
    private readonly fed: ReadonlyMap<ModelInput, GpuTensor>,
    private readonly release: () => void,
  ) {}

  async run(state: ReadonlyMap<string, GpuTensor>, given: HostTensors): Promise<RunResults<GpuTensor>> {
    this.device.check();
    const feeds = withHostValues(this.hostProgram, given);
    // Takes effect after the runs that were submitted before, which read the same buffers.
    for (const [input, tensor] of this.fed) {
      upload(this.device, tensor, feeds[input.key]!);
    }
    const sources = this.inputs.map(
      (input) => [input.name, this.fed.get(input) ?? state.get(input.key)!] as const,
    );
    const results = this.outputs.map((output) => [output, this.buffers.take(output)] as const);
    try {
      await alone(() =>
        this.session.run(
          Object.fromEntries(sources.map(([name, tensor]) => [name, this.tensor(tensor)])),
          Object.fromEntries(results.map(([{ name }, tensor]) => [name, this.tensor(tensor)])),
        ),
      );
      await this.device.settle();
    } catch (error) {
      for (const [, tensor] of results) this.buffers.free(tensor);
      this.device.check();
      throw error;
    }
    const of = (role: ModelOutput['role']) =>
      new Map(results.filter(([output]) => output.role === role).map(([{ key }, tensor]) => [key, tensor]));
    return { outputs: of('output'), updates: of('update') };
  }

  dispose(): void {
    for (const tensor of this.fed.values()) this.buffers.free(tensor);
    this.release();
    // Nobody waits for it; a session that is not released holds memory, and nothing else.
    alone(() => this.session.release()).catch(() => undefined);
  }

  private tensor({ buffer, dtype, shape }: GpuTensor): Tensor {
    return this.ort.Tensor.fromGpuBuffer(buffer, { dataType: types[computeDType(dtype)], dims: shape });
  }
}

/** Builds a legal program. @throws AttuneError OUT_OF_MEMORY, BACKEND_FAILURE. */
export async function buildProgram(
  ort: OrtModule,
  device: Device,
  buffers: Buffers,
  program: Program,
): Promise<CompiledProgram<GpuTensor>> {
  device.check();
  checkSizes(program, device);
  const { model, inputs, outputs, hostProgram } = lower(program, { target: 'webgpu' });
  const session = await openSession(ort, device.gpu, model, program.name);
  const results = outputs.map((spec) => ({
    spec,
    what: `The result "${spec.key}" of program "${program.name}"`,
  }));
  const release = buffers.reserve(results);
  const fed = inputs.filter(({ source }) => source !== 'state');
  const tensors = new Map(fed.map((input) => [input, buffers.create(input, `The feed "${input.key}"`)]));
  const compiled = new GpuProgram(
    ort,
    device,
    buffers,
    session,
    inputs,
    outputs,
    hostProgram,
    tensors,
    release,
  );
  try {
    await device.settle();
    return compiled;
  } catch (error) {
    compiled.dispose();
    throw error;
  }
}
