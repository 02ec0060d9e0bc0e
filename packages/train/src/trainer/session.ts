import type { Executable, State, TensorSpecs } from '@attune/core';
import { allocateParameters } from './parameters.js';
import { BatchPrograms, ProgramCache } from '../programs/program-cache.js';
import {
  accumulateProgram,
  accumulatorSpecs,
  applyProgram,
  clearProgram,
  slotSpecs,
  trainProgram,
} from '../programs/train.js';
import type { ResolvedTrainerOptions } from './options.js';

/** The state and executables of a run on the device. */
export interface Session {
  /** The parameters and buffers alone: shared with evaluation and generation. */
  readonly parameters: State;
  /** The parameters, the optimizer's slots, and the accumulators. */
  readonly training: State;
  /** Programs against the parameters. */
  readonly programs: ProgramCache;
  /** The step, or, where several batches make a step, the part of it that takes a batch, for the shapes of a batch. */
  microBatch(spec: TensorSpecs): Promise<Executable>;
  /** Where several batches make a step: the program that ends it, and the one that abandons it. */
  readonly accumulation?: { readonly apply: Executable; readonly clear: Executable };
  dispose(): Promise<void>;
}

/** Allocates the tensors of a run and compiles its step, for the largest batch first: what has no room fails early. */
export async function openSession(options: ResolvedTrainerOptions): Promise<Session> {
  const { backend, model, data, seed, weights, gradientAccumulationSteps } = options;
  const accumulates = gradientAccumulationSteps > 1;
  const parameters = await allocateParameters(backend, model, { seed, tensors: await weights?.() });
  const training = await parameters.extend({
    ...slotSpecs(options),
    ...(accumulates ? accumulatorSpecs(options) : {}),
  });
  const trainPrograms = new ProgramCache(backend, training);
  const microBatches = new BatchPrograms(trainPrograms, (spec) =>
    accumulates ? accumulateProgram(options, spec) : trainProgram(options, spec),
  );
  await microBatches.of(data.spec);
  const programs = new ProgramCache(backend, parameters);
  return {
    parameters,
    training,
    programs,
    microBatch: (spec) => microBatches.of(spec),
    ...(accumulates && {
      accumulation: {
        apply: await trainPrograms.compile(applyProgram(options)),
        clear: await trainPrograms.compile(clearProgram(options)),
      },
    }),
    async dispose() {
      await programs.dispose();
      await trainPrograms.dispose();
      training.dispose();
      parameters.dispose();
    },
  };
}
