import type { Attributes } from '../graph/attributes.js';
import type { OpName } from '../ops/table.js';
import type { TensorSpec, TensorSpecs } from '../tensor/index.js';

/** A value of a program, by its position in {@link Program.values}. */
export type ValueId = number;

/**
 * A tensor that comes from outside: a feed, which the host sends with every run, or a tensor of the state, which lives on
 * the device. Its spec stands under its name in {@link Program.feeds} or {@link Program.state}.
 */
export interface InputNode {
  readonly kind: 'feed' | 'state';
  readonly name: string;
  /** Never there: `node.op === 'matmul'` picks an {@link OpNode}. */
  readonly op?: undefined;
  /** None: every node lists its inputs and outputs, so that a walk over a program need not ask for its kind. */
  readonly inputs: readonly [];
  readonly outputs: readonly [ValueId];
}

/** An application of an op. */
export interface OpNode {
  readonly kind: 'op';
  readonly op: OpName;
  readonly attrs: Attributes;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
}

/** A step of a program: an input that is named, or an op that is applied. */
export type ProgramNode = InputNode | OpNode;

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

/** The name of a node's op, or the kind of input that it is: for messages and histograms. */
export function labelOf(node: { readonly kind: ProgramNode['kind']; readonly op?: OpName }): string {
  return node.op ?? node.kind;
}

/** The nodes of a program that apply an op, in their order. */
export function opNodes(program: Program): OpNode[] {
  return program.nodes.filter((node) => node.kind === 'op');
}

/** Every value a run has to produce, in a fixed order: outputs, then updates. */
export function resultsOf(program: Program): ValueId[] {
  return [...Object.values(program.outputs), ...Object.values(program.updates)];
}
