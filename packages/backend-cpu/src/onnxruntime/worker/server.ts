import {
  allocateHostData,
  computeDType,
  sizeOf,
  withHostValues,
  type HostData,
  type HostTensor,
  type HostTensors,
  type TensorSpec,
} from '@attune/core';
import type { LoweredProgram } from '@attune/lowering-onnx';
import type * as OnnxRuntime from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Command, TensorId, WorkerSettings } from './protocol.js';

/** A reply, and the memory that moves with it. */
interface Result {
  readonly value: HostTensors | HostData | undefined;
  readonly transfer?: ArrayBuffer[];
}

interface BuiltProgram {
  readonly session: InferenceSession;
  readonly lowered: LoweredProgram;
}

const types = { f32: 'float32', i32: 'int32', bool: 'bool' } as const;

const nothing: Result = { value: undefined };

/** Tensors and sessions of onnxruntime, by the ids they are given. */
class Server {
  private readonly tensors = new Map<TensorId, Tensor>();
  private readonly programs = new Map<number, BuiltProgram>();

  constructor(
    private readonly ort: typeof OnnxRuntime,
    private readonly settings: WorkerSettings,
  ) {}

  async handle(command: Exclude<Command, { type: 'close' }>): Promise<Result> {
    switch (command.type) {
      case 'upload':
        this.tensors.set(command.id, this.tensor({ ...command.spec, data: command.data }));
        return nothing;
      case 'zeros':
        this.tensors.set(command.id, this.empty(command.spec));
        return nothing;
      case 'free':
        for (const id of command.ids) this.tensors.delete(id);
        return nothing;
      case 'download':
        return this.download(command.id);
      case 'build':
        return this.build(command.session, command.lowered);
      case 'run':
        return this.run(command);
      case 'release':
        return this.release(command.session);
    }
  }

  async close(): Promise<void> {
    this.tensors.clear();
    for (const session of [...this.programs.keys()]) await this.release(session);
  }

  /** A tensor over an array: onnxruntime reads and writes the array's own memory. */
  private tensor({ dtype, shape, data }: HostTensor): Tensor {
    return new this.ort.Tensor(types[computeDType(dtype)] as 'float32', data as Float32Array, shape);
  }

  /** Zeros. The system gives pages to them when they are first touched. */
  private empty(spec: TensorSpec): Tensor {
    return this.tensor({ ...spec, data: allocateHostData(spec.dtype, sizeOf(spec.shape)) });
  }

  private download(id: TensorId): Result {
    const value = (this.tensors.get(id)!.data as HostData).slice();
    return { value, transfer: [value.buffer] };
  }

  private async build(id: number, lowered: LoweredProgram): Promise<Result> {
    const session = await this.ort.InferenceSession.create(lowered.model, {
      intraOpNumThreads: this.settings.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      // A block for all of a run at once, from the second run on, comes beside what the first one took.
      enableMemPattern: false,
      // Fatal ones only: an error is thrown as well.
      logSeverityLevel: 4,
    });
    this.programs.set(id, { session, lowered });
    return nothing;
  }

  /** Results go into tensors that are given, not into new ones: updates into the state's, outputs into the reply's. */
  private async run(command: Extract<Command, { type: 'run' }>): Promise<Result> {
    const { session, lowered } = this.programs.get(command.session)!;
    const feeds = withHostValues(lowered.hostProgram, command.feeds);
    const inputs = lowered.inputs.map(({ name, source, key }) => {
      if (source === 'state') return [name, this.tensors.get(command.state[key]!)!] as const;
      return [name, this.tensor(feeds[key]!)] as const;
    });
    const results = lowered.outputs.map((output) => {
      const id = output.role === 'update' ? command.updates[output.key]! : undefined;
      const tensor = (id !== undefined && this.tensors.get(id)) || this.empty(output);
      return { output, id, tensor };
    });
    await session.run(
      Object.fromEntries(inputs),
      Object.fromEntries(results.map(({ output, tensor }) => [output.name, tensor])),
    );
    const outputs: Record<string, HostTensor> = {};
    const transfer: ArrayBuffer[] = [];
    for (const { output, id, tensor } of results) {
      if (id !== undefined) {
        this.tensors.set(id, tensor);
        continue;
      }
      const data = tensor.data as HostData;
      outputs[output.key] = { shape: output.shape, dtype: output.dtype, data };
      transfer.push(data.buffer as ArrayBuffer);
    }
    return { value: outputs, transfer };
  }

  private async release(id: number): Promise<Result> {
    const program = this.programs.get(id);
    this.programs.delete(id);
    await program?.session.release();
    return nothing;
  }
}

/** Makes a server for commands, given the module it runs on. */
export function serve(ort: typeof OnnxRuntime, settings: WorkerSettings): Server {
  return new Server(ort, settings);
}
