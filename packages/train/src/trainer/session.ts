import type { Executable, State } from '@attune/core';
import { allocateParameters } from '../parameters.js';
import { ProgramCache } from '../programs/program-cache.js';
import {
  accumulateProgram,
  accumulatorSpecs,
  applyProgram,
  clearProgram,
  slotSpecs,
  trainProgram,
} from '../programs/train.js';
import type { ResolvedTrainerOptions } from './options.js';

/** The programs of a step: all in one, or one for each micro-batch, one that ends the step, one that abandons it. */
export interface StepPrograms {
  readonly microBatch: Executable;
  readonly accumulation?: { readonly apply: Executable; readonly clear: Executable };
}

/** What a run holds on the device. */
export interface Session {
  /** The parameters alone: shared with evaluation and generation. */
  readonly parameters: State;
  /** The parameters, the optimizer's slots, and the accumulators. */
  readonly training: State;
  /** Programs against the parameters. */
  readonly programs: ProgramCache;
  readonly step: StepPrograms;
  dispose(): Promise<void>;
}

/** Allocates the tensors of a run and compiles its step. */
export async function openSession(options: ResolvedTrainerOptions): Promise<Session> {
  const { backend, model, data, seed, gradientAccumulationSteps } = options;
  const accumulates = gradientAccumulationSteps > 1;
  const parameters = await allocateParameters(backend, model, { seed });
  const training = await parameters.extend({
    ...slotSpecs(options),
    ...(accumulates ? accumulatorSpecs(options) : {}),
  });
  const microBatch = accumulates ? accumulateProgram(options, data.spec) : trainProgram(options, data.spec);
  const step = {
    microBatch: await backend.compile(microBatch, training),
    ...(accumulates && {
      accumulation: {
        apply: await backend.compile(applyProgram(options), training),
        clear: await backend.compile(clearProgram(options), training),
      },
    }),
  };
  const programs = new ProgramCache(backend, parameters);
  return {
    parameters,
    training,
    programs,
    step,
    async dispose() {
      await programs.dispose();
      step.microBatch.dispose();
      step.accumulation?.apply.dispose();
      step.accumulation?.clear.dispose();
      training.dispose();
      parameters.dispose();
    },
  };
}
