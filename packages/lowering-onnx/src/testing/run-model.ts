import {
  computeDType,
  decompose,
  hostTensor,
  withHostValues,
  type DType,
  type HostTensor,
  type HostTensors,
  type Program,
  type TensorSpec,
} from '@attune/core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { lower, loweredOps, type LoweredProgram, type LowerOptions } from '../index.js';

const types = { f32: 'float32', i32: 'int32', bool: 'bool' } as const;

function toTensor({ dtype, shape, data }: HostTensor): Tensor {
  return new Tensor(types[computeDType(dtype)] as 'float32', data as Float32Array, shape);
}

function toHost(spec: TensorSpec, tensor: Tensor): HostTensor {
  return hostTensor(spec.dtype as DType, spec.shape, tensor.data as Float32Array);
}

/** A program, decomposed to ops that have a rule, and lowered. */
export function lowerLegal(program: Program, options: LowerOptions): LoweredProgram {
  const native = loweredOps(options.target);
  return lower(
    decompose(program, ({ op }) => !native.includes(op)),
    options,
  );
}

/** Lowers a program and runs it once, on onnxruntime's CPU provider as it is: outputs, and updates as `update.<name>`. */
export async function runModel(
  program: Program,
  options: LowerOptions,
  feeds: HostTensors,
  state: HostTensors = {},
): Promise<Record<string, HostTensor>> {
  const { model, inputs, outputs, hostProgram } = lowerLegal(program, options);
  const session = await InferenceSession.create(model, { intraOpNumThreads: 2, logSeverityLevel: 3 });
  try {
    const sources = { feed: withHostValues(hostProgram, feeds), state };
    const results = await session.run(
      Object.fromEntries(inputs.map(({ name, source, key }) => [name, toTensor(sources[source][key]!)])),
    );
    return Object.fromEntries(
      outputs.map((output) => [
        output.role === 'update' ? `update.${output.key}` : output.key,
        toHost(output, results[output.name] as Tensor),
      ]),
    );
  } finally {
    await session.release();
  }
}
