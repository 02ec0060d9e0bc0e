import { evaluate } from '../program/evaluate.js';
import type { Program, ValueId } from '../program/program.js';
import { allocator, type Allocate, type NdArray } from '../tensor/nd-array.js';
import { opDefinition } from './op-definition.js';

function copy(from: NdArray, allocate: Allocate): NdArray {
  const own = allocate(from);
  own.data.set(from.data);
  return own;
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
  const outputs = Object.values(program.outputs);
  const rounded = new Map<ValueId, NdArray>();
  const keep = (id: ValueId, value: NdArray) => {
    if (!outputs.includes(id)) return value;
    const result = copy(value, allocate);
    rounded.set(id, result);
    return copy(result, exact);
  };
  evaluate<NdArray>(program, (node, operands) => {
    const results =
      node.kind === 'op'
        ? opDefinition(node.op).reference(operands, node.attrs, exact)
        : [copy(inputs[Number(node.name)]!, exact)];
    return node.outputs.map((id, i) => keep(id, results[i]!));
  });
  return outputs.map((id) => rounded.get(id)!);
}
