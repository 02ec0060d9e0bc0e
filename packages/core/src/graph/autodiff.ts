import { AttuneError } from '../errors/index.js';
import { opDefinition } from '../ops/index.js';
import { formatSpec, sizeOf } from '../tensor/index.js';
import type { GraphBuilder } from './builder.js';
import type { GraphNode, Tensor } from './tensor.js';

/** Nodes between `wrt` and `loss`: they depend on some tensor of `wrt`. Only through these does a gradient flow. */
function dependents(nodes: readonly GraphNode[], wrt: readonly Tensor[], end: number): Set<GraphNode> {
  const targets = new Set(wrt);
  const found = new Set<GraphNode>();
  for (let id = 0; id <= end; id++) {
    const node = nodes[id]!;
    const depends = (tensor: Tensor) => targets.has(tensor) || found.has(tensor.node);
    if (node.inputs.some(depends)) found.add(node);
  }
  return found;
}

/**
 * Reverse-mode differentiation: writes, into the same graph, the gradient of a scalar with respect to each of `wrt`.
 *
 * Walks the nodes backwards from the loss. Each node's rule turns the gradient of its output into gradients of its
 * inputs; a tensor used in several places receives their sum. Work that leads to none of `wrt` is not followed, and what
 * a rule writes beside it is left out of the program, so that frozen parameters cost nothing.
 *
 * @param loss f32 scalar.
 * @returns one tensor for each of `wrt`, of its shape; zeros where the loss does not depend on it.
 * @throws AttuneError SHAPE_MISMATCH if the loss is no scalar, NOT_DIFFERENTIABLE if an op on the way has no gradient.
 */
export function gradients(g: GraphBuilder, loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.dtype !== 'f32' || sizeOf(loss.shape) !== 1) {
    throw new AttuneError('SHAPE_MISMATCH', `The loss must be one f32 number, but is ${formatSpec(loss)}.`, {
      fix: 'Reduce it with g.sum or g.mean.',
    });
  }
  const end = loss.node.id;
  const onPath = dependents(g.nodes, wrt, end);
  const targets = new Set(wrt);
  const gradientOf = new Map<Tensor, Tensor>([[loss, g.constant(1, loss.shape)]]);

  for (let id = end; id >= 0; id--) {
    const node = g.nodes[id]!;
    if (!onPath.has(node)) continue;
    const output = node.outputs[0]!;
    const dOutput = gradientOf.get(output);
    const definition = opDefinition(node.op);
    const reached = node.outputs.some((tensor) => gradientOf.has(tensor));
    if (!reached) continue;
    if (!definition.grad || !dOutput) {
      throw new AttuneError('NOT_DIFFERENTIABLE', `The op "${node.op}" has no gradient.`, {
        fix: 'Keep it out of the way from the parameters to the loss.',
      });
    }
    const { inputs, outputs, attrs } = node;
    const dInputs = definition.grad(g, { inputs, outputs, output, attrs, dOutput });
    inputs.forEach((input, i) => {
      const dInput = dInputs[i];
      if (!dInput || !(onPath.has(input.node) || targets.has(input))) return;
      const before = gradientOf.get(input);
      gradientOf.set(input, before ? g.add(before, dInput) : dInput);
    });
  }
  return wrt.map((tensor) => gradientOf.get(tensor) ?? g.constant(0, tensor.shape));
}
