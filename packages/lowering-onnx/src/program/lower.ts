import type { Program } from '@attune/core';
import { Lowering, type ModelInput, type ModelOutput } from './lowering.js';
import { modelBytes } from '../writer/model.js';
import type { Target } from '../writer/target.js';

/** How a program is lowered. */
export interface LowerOptions {
  readonly target: Target;
}

/** A program as an ONNX model: plain data, which can be sent to a worker. */
export interface LoweredProgram {
  /** A serialised ModelProto. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The inputs of the model. Feeds and tensors of the state that nothing reads are not among them. */
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly ModelOutput[];
  /**
   * The part that ONNX cannot express, e.g. dropout masks: a program of feeds alone, to be interpreted before each
   * run. Its outputs are feeds of the model: see `withHostValues` of core.
   */
  readonly hostProgram?: Program;
}

/**
 * Writes a program as an ONNX model.
 *
 * @param program in {@link loweredOps} only.
 * @throws AttuneError UNSUPPORTED_OP for an op that has no rule, or for random numbers whose seed is not fed.
 */
export function lower(program: Program, options: LowerOptions): LoweredProgram {
  const { graph, ...rest } = new Lowering(program, options).run();
  return { model: modelBytes(graph), ...rest };
}
