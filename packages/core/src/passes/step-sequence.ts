import type { OpName } from '../ops/table.js';
import { resultsOf, type OpNode, type Program, type ValueId } from '../program/program.js';
import { bytesOf, sameShape } from '../tensor/index.js';
import { elementwiseOps } from './elementwise.js';

/** A piece of work that is done as a whole: a node, or several that an engine computes together. */
export interface SequenceStep {
  /** For messages. */
  readonly name: string;
  /** Values that it reads. */
  readonly inputs: readonly ValueId[];
  /** Values that it writes: results of nodes, and memory that it needs for itself. */
  readonly outputs: readonly ValueId[];
  /**
   * True if an output may lie where an input of the same length lies: the step reads an element before it writes it, and
   * never again. Default: never.
   */
  mayOverwrite?(input: number, output: number): boolean;
}

/** Steps in their order, and the values that pass from one step to the next in memory. */
export interface StepSequence {
  readonly steps: readonly SequenceStep[];
  /** Bytes of each value that needs a place. One that is not listed lies elsewhere: in the state, for example. */
  readonly bytes: ReadonlyMap<ValueId, number>;
  /** Values that are there before the first step. */
  readonly given: readonly ValueId[];
  /** Values that are needed after the last step. */
  readonly results: readonly ValueId[];
}

/** Ops whose result is their first input under another name or shape: it needs no memory of its own. */
const views: ReadonlySet<OpName> = new Set(['reshape', 'stopGradient', 'barrier']);

/** True if a node's result lies where its first input lies. */
export const isView = ({ op }: Pick<OpNode, 'op'>): boolean => views.has(op);

/** For each value, the one whose memory it is: itself, or what it is a view of. */
export function viewedValues(program: Program): ValueId[] {
  const base = program.values.map((_, id) => id);
  for (const node of program.nodes) {
    if (node.kind === 'op' && isView(node)) base[node.outputs[0]!] = base[node.inputs[0]!]!;
  }
  return base;
}

/**
 * The steps of a program whose nodes run one by one, in their order: views do nothing, the state lies elsewhere, and
 * elementwise ops may overwrite an operand of the result's own shape.
 */
export function stepsOf(program: Program): StepSequence {
  const base = viewedValues(program);
  const shape = (id: ValueId) => program.values[id]!.shape;
  const feeds = program.nodes.flatMap((node) => (node.kind === 'feed' ? [node.outputs[0]] : []));
  const computing = program.nodes.filter((node): node is OpNode => node.kind === 'op' && !isView(node));
  const owned = [...feeds, ...computing.flatMap(({ outputs }) => outputs)];
  return {
    steps: computing.map((node) => ({
      name: node.op,
      inputs: node.inputs.map((id) => base[id]!),
      outputs: node.outputs,
      mayOverwrite: (input, output) =>
        output === 0 &&
        elementwiseOps.has(node.op) &&
        sameShape(shape(node.inputs[input]!), shape(node.outputs[0]!)),
    })),
    bytes: new Map(owned.map((id) => [id, bytesOf(program.values[id]!)])),
    given: feeds,
    results: resultsOf(program).map((id) => base[id]!),
  };
}
