import { opDefinition } from '../builder/op-definition.js';
import { AttuneError } from '../errors/index.js';
import { evaluate } from '../program/evaluate.js';
import type { InputNode, Program } from '../program/program.js';
import { allocator, type Allocate, type NdArray, type NdArrays, type Precision } from '../tensor/nd-array.js';

/** The results of a program. */
export interface InterpretedResults {
  readonly outputs: Record<string, NdArray>;
  readonly updates: Record<string, NdArray>;
}

function input({ kind, name }: InputNode, values: NdArrays, allocate: Allocate): NdArray {
  const value = values[name];
  if (!value) throw new AttuneError('UNKNOWN_TENSOR', `The ${kind} "${name}" was not given.`);
  // A copy in the interpreter's own precision.
  const own = allocate(value);
  own.data.set(value.data);
  return own;
}

/**
 * Computes a program by the reference rules of its ops, one node after the other: the specification of what a backend
 * has to compute, and the oracle it is tested against. In `f64` it serves as the truth for float32 engines.
 */
export function interpret(
  program: Program,
  inputs: { readonly feeds?: NdArrays; readonly state?: NdArrays },
  precision: Precision = 'f32',
): InterpretedResults {
  const allocate = allocator(precision);
  const values = evaluate<NdArray>(program, (node, operands) => {
    if (node.kind === 'op') return opDefinition(node.op).reference(operands, node.attrs, allocate);
    return [input(node, (node.kind === 'feed' ? inputs.feeds : inputs.state) ?? {}, allocate)];
  });
  const pick = (ids: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, values[id]!]));
  return { outputs: pick(program.outputs), updates: pick(program.updates) };
}
