import type { Executable, Model, Program, State, TensorSpecs } from '@attune/core';
import { modelStateSpecs } from '@attune/nn';
import { Share } from '../distributed/share.js';
import { allocateParameters } from './parameters.js';
import { BatchPrograms, ProgramCache } from '../programs/program-cache.js';
import { accumulateProgram, accumulatorSpecs, slotSpecs, trainProgram } from '../programs/train.js';
import {
  accumulates,
  accumulationPrograms,
  openAccumulation,
  ownedParameters,
  type Accumulation,
  type AccumulationPrograms,
  type SessionOptions,
} from './accumulation.js';
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
  /** This process's part of the batches of a step. */
  readonly share: Share;
  /** Accumulates gradients, where several batches or processes make a step. */
  readonly accumulation?: Accumulation;
  dispose(): Promise<void>;
}

/** The tensors and programs of a run, as a session allocates and compiles them. */
export interface SessionPlan {
  readonly model: Model;
  /** Shapes of a micro-batch. */
  readonly batch: TensorSpecs;
  /** Parameters and buffers, as a State holds them. */
  readonly parameters: TensorSpecs;
  /** The optimizer's tensors and, where several batches make a step, accumulators. */
  readonly training: TensorSpecs;
  /** Forward and backward of a micro-batch: the whole step, where it is one. */
  readonly microBatch: Program;
  /** The programs that end a step of several batches or processes. */
  readonly accumulation?: AccumulationPrograms;
}

/** Specs of what training takes beside the model. */
function trainingSpecs(options: SessionOptions): TensorSpecs {
  return {
    ...slotSpecs(options, ownedParameters(options)),
    ...(accumulates(options) ? accumulatorSpecs(options) : {}),
  };
}

/** The program that takes a batch of these shapes. */
function microBatchProgram(options: SessionOptions, batch: TensorSpecs): Program {
  return accumulates(options) ? accumulateProgram(options, batch) : trainProgram(options, batch);
}

/** Plans a session for batches of these shapes, of which this process takes its share. Nothing is allocated. */
export function planSession(options: SessionOptions, batch: TensorSpecs): SessionPlan {
  const { model, communicator, gradientAccumulationSteps } = options;
  const largest = new Share(communicator, gradientAccumulationSteps).largest(batch);
  return {
    ...{ model, batch: largest },
    parameters: modelStateSpecs(model),
    training: trainingSpecs(options),
    microBatch: microBatchProgram(options, largest),
    ...(accumulates(options) && { accumulation: accumulationPrograms(options) }),
  };
}

/** Allocates the tensors of a run and compiles its step, for the largest batch first: what has no room fails early. */
export async function openSession(options: ResolvedTrainerOptions): Promise<Session> {
  const { backend, model, data, seed, weights, communicator, gradientAccumulationSteps } = options;
  const parameters = await allocateParameters(backend, model, { seed, tensors: await weights?.() });
  const training = await parameters.extend(trainingSpecs(options));
  const trainPrograms = new ProgramCache(backend, training);
  const microBatches = new BatchPrograms(trainPrograms, (spec) => microBatchProgram(options, spec));
  const share = new Share(communicator, gradientAccumulationSteps);
  const first = await microBatches.of(share.largest(data.spec));
  const programs = new ProgramCache(backend, parameters);
  return {
    ...{ parameters, training, programs, share },
    microBatch: (spec) => microBatches.of(spec),
    ...(accumulates(options) && {
      accumulation: await openAccumulation(options, training, trainPrograms, first.program),
    }),
    async dispose() {
      await programs.dispose();
      await trainPrograms.dispose();
      training.dispose();
      parameters.dispose();
    },
  };
}
