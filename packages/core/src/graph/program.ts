import type { Attributes } from '../ops/define-op.js';
import type { OpName } from '../ops/index.js';
import type { TensorSpec, TensorSpecs } from '../tensor/index.js';

/** A value of a program, by its position in {@link Program.values}. */
export type ValueId = number;

/** An application of an op. */
export interface ProgramNode {
  readonly op: OpName;
  readonly attrs: Attributes;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
}

/**
 * A static computation, ready for a backend to compile: plain data, JSON-serialisable.
 *
 * Inputs are `feeds` (from the host, every run) and `state` (living on the device). A run computes `outputs`, which go
 * to the host, and `updates`, which replace tensors of the state when all of them are there.
 */
export interface Program {
  /** For people: what the program does, e.g. `train`. Not part of its fingerprint. */
  readonly name: string;
  /** In a topological order. */
  readonly nodes: readonly ProgramNode[];
  readonly values: readonly TensorSpec[];
  readonly feeds: TensorSpecs;
  /** Tensors of the state that the program reads or updates. */
  readonly state: TensorSpecs;
  readonly updates: Readonly<Record<string, ValueId>>;
  readonly outputs: Readonly<Record<string, ValueId>>;
  /** Name of a bool scalar among the outputs: where it is false, the run's updates are dropped, and the state stays. */
  readonly guard?: string;
}

/** Every value a run has to produce, in a fixed order: outputs, then updates. */
export function resultsOf(program: Program): ValueId[] {
  return [...Object.values(program.outputs), ...Object.values(program.updates)];
}
