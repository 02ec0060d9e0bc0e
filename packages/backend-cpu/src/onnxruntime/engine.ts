import { cpus, totalmem } from 'node:os';
import {
  plural,
  type CompiledProgram,
  type Engine,
  type HostData,
  type HostTensor,
  type HostTensors,
  type Program,
  type TensorSpec,
} from '@attune/core';
import { lower, loweredOps } from '@attune/lowering-onnx';
import { Buffers } from './buffers.js';
import type { Worker } from './worker/client.js';
import type { TensorId } from './worker/protocol.js';

/** A tensor of the worker's, or an output, which came to the host along with the reply. */
export type CpuTensor = { readonly id: TensorId; readonly spec: TensorSpec } | { readonly host: HostTensor };

/** The programs' side of the engine: lowers here, builds and runs in the worker. */
async function buildProgram(
  worker: Worker,
  buffers: Buffers,
  session: number,
  program: Program,
): Promise<CompiledProgram<CpuTensor>> {
  const lowered = lower(program, { target: 'cpu' });
  await worker.ask({ type: 'build', session, lowered });
  const updated = lowered.outputs.filter(({ role }) => role === 'update');
  const release = buffers.reserve(updated);
  return {
    run: async (state, feeds) => {
      const targets = updated.map((spec) => [spec.key, { id: buffers.take(spec), spec }] as const);
      const ids = (tensors: Iterable<readonly [string, CpuTensor]>) =>
        Object.fromEntries([...tensors].map(([name, tensor]) => [name, 'id' in tensor ? tensor.id : -1]));
      try {
        const outputs = await worker.ask<HostTensors>(
          { type: 'run', session, state: ids(state), feeds, updates: ids(targets) },
          // Handed over, and not copied once more: they are this run's own.
          Object.values(feeds).map(({ data }) => data.buffer as ArrayBuffer),
        );
        return {
          outputs: new Map(Object.entries(outputs).map(([name, host]) => [name, { host }])),
          updates: new Map(targets),
        };
      } catch (error) {
        for (const [, { id }] of targets) buffers.free(id);
        throw error;
      }
    },
    dispose: () => {
      release();
      if (worker.alive) worker.tell({ type: 'release', session });
    },
  };
}

/** onnxruntime in a worker, as an engine. */
export function cpuEngine(worker: Worker, threads: number): Engine<CpuTensor> {
  const buffers = new Buffers((ids) => {
    if (worker.alive) worker.tell({ type: 'free', ids });
  });
  let sessions = 0;
  const processor = cpus()[0]?.model.trim() || process.arch;
  return {
    name: 'cpu',
    device: {
      kind: 'cpu',
      description: `onnxruntime ${worker.version}, ${plural(threads, 'thread')}, ${processor}`,
      memoryBytes: totalmem(),
      engine: { name: 'onnxruntime', version: worker.version },
    },
    capabilities: {
      dtypes: ['f32', 'i32', 'bool'],
      unsupported: {},
      native: loweredOps('cpu'),
      precision: 'f32',
      deterministic: true,
    },
    upload: (tensor) => {
      const spec = { shape: tensor.shape, dtype: tensor.dtype };
      const data = tensor.data.slice();
      const id = buffers.create(spec);
      worker.tell({ type: 'upload', id, spec, data }, [data.buffer]);
      return { id, spec };
    },
    zeros: (spec) => {
      const id = buffers.create(spec);
      worker.tell({ type: 'zeros', id, spec });
      return { id, spec };
    },
    download: async (tensor) => {
      if ('host' in tensor) return tensor.host;
      const data = await worker.ask<HostData>({ type: 'download', id: tensor.id });
      return { ...tensor.spec, data };
    },
    free: (tensor) => {
      if ('id' in tensor) buffers.free(tensor.id);
    },
    build: (program) => buildProgram(worker, buffers, sessions++, program),
    memory: () => buffers.memory(),
    dispose: async () => {
      await worker.close();
      buffers.clear();
    },
  };
}
