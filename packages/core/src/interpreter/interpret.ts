import { AttuneError } from '../errors/index.js';
import { lastUses } from '../graph/analysis.js';
import type { InputNode, Program, ValueId } from '../graph/program.js';
import { opDefinition } from '../ops/index.js';
import { allocator, type Allocate, type NdArray, type Precision } from './nd-array.js';

/** Named arrays that go into or come out of the interpreter. */
export type NdArrays = Readonly<Record<string, NdArray>>;

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

/** Computes the nodes one after the other, and drops each value after its last use. */
function evaluate(
  program: Program,
  outside: (node: InputNode) => NdArray,
  allocate: Allocate,
  keep: (id: ValueId, value: NdArray) => NdArray = (_id, value) => value,
): (NdArray | undefined)[] {
  const values = new Array<NdArray | undefined>(program.values.length);
  const dying = lastUses(program);
  program.nodes.forEach((node, index) => {
    const results =
      node.kind !== 'op'
        ? [outside(node)]
        : opDefinition(node.op).reference(
            node.inputs.map((id) => values[id]!),
            node.attrs,
            allocate,
          );
    node.outputs.forEach((id, i) => (values[id] = keep(id, results[i]!)));
    for (const id of dying[index]!) values[id] = undefined;
  });
  return values;
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
  const outside = (node: InputNode) =>
    input(node, (node.kind === 'feed' ? inputs.feeds : inputs.state) ?? {}, allocate);
  const values = evaluate(program, outside, allocate);
  const pick = (ids: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, values[id]!]));
  return { outputs: pick(program.outputs), updates: pick(program.updates) };
}

/**
 * Computes a composite's body in float64, whatever the precision around it. Its outputs alone are rounded, to what
 * `allocate` makes, and before anything else is computed of them.
 *
 * @param program its feeds and outputs are named by their positions.
 */
export function interpretBody(
  program: Program,
  inputs: readonly NdArray[],
  allocate: Allocate,
): readonly NdArray[] {
  const exact = allocator('f64');
  const copy = (from: NdArray, to: Allocate) => {
    const own = to(from);
    own.data.set(from.data);
    return own;
  };
  const outputs = Object.values(program.outputs);
  const outside = ({ name }: InputNode) => copy(inputs[Number(name)]!, exact);
  const rounded = new Map<ValueId, NdArray>();
  const keep = (id: ValueId, value: NdArray) => {
    if (!outputs.includes(id)) return value;
    const result = copy(value, allocate);
    rounded.set(id, result);
    return copy(result, exact);
  };
  evaluate(program, outside, exact, keep);
  return outputs.map((id) => rounded.get(id)!);
}
