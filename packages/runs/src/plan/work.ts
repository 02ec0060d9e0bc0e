import { decompose, opNodes, sizeOf, type MatmulAttributes, type OpNode, type Program } from '@attune/core';
import type { SessionPlan } from '@attune/train';

/** Additions and multiplications of products of matrices and convolutions; one for each element of whatever else there is. */
function workOf(program: Program): number {
  const primitive = decompose(program, () => true);
  const shape = (id: number) => primitive.values[id]!.shape;
  const work = ({ op, attrs, inputs, outputs }: OpNode): number => {
    const elements = outputs.reduce((sum, id) => sum + sizeOf(shape(id)), 0);
    if (op !== 'matmul') return elements;
    const { transposeA = false } = attrs as MatmulAttributes;
    return 2 * elements * shape(inputs[0]!).at(transposeA ? -2 : -1)!;
  };
  return opNodes(primitive).reduce((sum, node) => sum + work(node), 0);
}

/** The arithmetic of a step, of so many micro-batches: what times of unlike steps are compared by, roughly. */
export function workOfStep({ microBatch, accumulation }: SessionPlan, microBatches: number): number {
  return workOf(microBatch) * microBatches + (accumulation ? workOf(accumulation.apply) : 0);
}
