import { sizeOf } from '../tensor/index.js';
import { opNodes, type OpNode, type Program } from './program.js';

/** Multiplications and additions of a node's matrix products. */
function flopsOfNode({ values }: Program, { op, inputs, outputs, attrs }: OpNode): number {
  const shape = (id: number) => values[id]!.shape;
  if (op === 'matmul') {
    const inner = shape(inputs[0]!).at(attrs['transposeA'] === true ? -2 : -1)!;
    return 2 * sizeOf(shape(outputs[0]!)) * inner;
  }
  // Scores and their product with the values; backward computes the scores again and has four products of its own.
  const products = op === 'attention' ? 2 : op === 'attentionGrad' ? 5 : 0;
  if (products === 0) return 0;
  const query = shape(inputs[0]!);
  return products * 2 * sizeOf(query) * shape(inputs[1]!).at(-2)!;
}

/**
 * Multiplications and additions of the matrix products of a program, each counted as one: those of attention in full, as if no
 * position were masked. Other ops are left out, and convolutions, too.
 */
export function productFlops(program: Program): number {
  return opNodes(program).reduce((sum, node) => sum + flopsOfNode(program, node), 0);
}
