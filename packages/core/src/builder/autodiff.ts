import { AttuneError } from '../errors/index.js';
import type { Segment } from '../graph/graph.js';
import type { GraphNode, GraphOp, Tensor } from '../graph/tensor.js';
import { formatSpec, sizeOf } from '../tensor/index.js';
import type { GraphBuilder } from './builder.js';
import { opDefinition } from './op-definition.js';
import { recompute } from './recompute.js';

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

/** Options of {@link gradients}. */
export interface GradientOptions {
  /**
   * True to recompute each segment of the forward pass (see {@link GraphBuilder.segment}) when the backward pass
   * comes to it, so that only the tensors between segments are kept in memory. The gradients are the same.
   *
   * Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost" (2016).
   */
  readonly recompute?: boolean;
}

/** Gradients as far as they are known, by tensor. */
class Gradients {
  private readonly known = new Map<Tensor, Tensor>();

  constructor(private readonly g: GraphBuilder) {}

  get(tensor: Tensor): Tensor | undefined {
    return this.known.get(tensor);
  }

  /** A tensor used in several places receives the sum. */
  add(tensor: Tensor, gradient: Tensor): void {
    const before = this.known.get(tensor);
    this.known.set(tensor, before ? this.g.add(before, gradient) : gradient);
  }

  /** @param isWanted whether a gradient with respect to a tensor leads anywhere. */
  through(node: GraphNode, isWanted: (input: Tensor) => boolean): void {
    if (node.kind !== 'op') return;
    const dOutputs = node.outputs.map((tensor) => this.get(tensor));
    if (dOutputs.every((dOutput) => dOutput === undefined)) return;
    const dInputs = this.inputsOf(node, dOutputs);
    node.inputs.forEach((input, i) => {
      const dInput = dInputs[i];
      if (dInput && isWanted(input)) this.add(input, dInput);
    });
  }

  /** By the op's rule, where it has one; else by the body. */
  private inputsOf(
    { op, inputs, outputs, attrs }: GraphOp,
    dOutputs: readonly (Tensor | undefined)[],
  ): readonly (Tensor | undefined)[] {
    const { grad, derivedGrad } = opDefinition(op);
    const [output] = outputs as readonly [Tensor];
    const [dOutput] = dOutputs;
    if (grad && dOutput) return grad(this.g, { inputs, outputs, output, attrs, dOutput });
    if (!grad && derivedGrad) return derivedGrad(this.g, inputs, attrs, dOutputs);
    throw new AttuneError('NOT_DIFFERENTIABLE', `The op "${op}" has no gradient.`, {
      fix: 'Keep it out of the way from the parameters to the loss.',
    });
  }
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
export function gradients(
  g: GraphBuilder,
  loss: Tensor,
  wrt: readonly Tensor[],
  { recompute: recomputes = false }: GradientOptions = {},
): Tensor[] {
  if (loss.dtype !== 'f32' || sizeOf(loss.shape) !== 1) {
    throw new AttuneError('SHAPE_MISMATCH', `The loss must be one f32 number, but is ${formatSpec(loss)}.`, {
      fix: 'Reduce it with g.sum or g.mean.',
    });
  }
  const found = backward(g, new Map([[loss, g.constant(1, loss.shape)]]), wrt, { recompute: recomputes });
  return wrt.map((tensor) => found.get(tensor) ?? g.constant(0, tensor.shape));
}

/**
 * Carries gradients back from where they begin.
 *
 * @param seeds gradients with respect to the tensors that they are carried back from.
 * @returns gradients by tensor, those of `wrt` among them where there are any.
 */
export function backward(
  g: GraphBuilder,
  seeds: ReadonlyMap<Tensor, Tensor>,
  wrt: readonly Tensor[],
  { recompute: recomputes = false }: GradientOptions = {},
): { get(tensor: Tensor): Tensor | undefined } {
  const end = Math.max(...[...seeds.keys()].map(({ node }) => node.id));
  const onPath = dependents(g.nodes, wrt, end);
  const targets = new Set(wrt);
  const isWanted = (tensor: Tensor) => onPath.has(tensor.node) || targets.has(tensor);
  const found = new Gradients(g);
  for (const [tensor, gradient] of seeds) found.add(tensor, gradient);
  const segments = new Map((recomputes ? g.segments : []).map((segment) => [segment.end - 1, segment]));

  for (let id = end; id >= 0; id--) {
    const segment = segments.get(id);
    if (segment && segment.end <= end) {
      throughSegment(g, segment, found, isWanted);
      id = segment.start;
      continue;
    }
    const node = g.nodes[id]!;
    if (onPath.has(node)) found.through(node, isWanted);
  }
  return found;
}

/** The backward pass of a segment, over a copy of its forward pass that is computed now. */
function throughSegment(
  g: GraphBuilder,
  segment: Segment,
  found: Gradients,
  isWanted: (tensor: Tensor) => boolean,
): void {
  const reached = g.nodes
    .slice(segment.start, segment.end)
    .flatMap(({ outputs }) => outputs.filter((tensor) => found.get(tensor)));
  // Parameters stand where they were first used, and have gradients of their own.
  const results = reached.filter(({ node }) => node.kind !== 'state');
  const [last] = results;
  if (!last) return;
  const { nodes, copies, inputs } = recompute(g, segment, found.get(last)!);
  const originals = new Map<Tensor, Tensor>();
  for (const [original, copy] of [...copies, ...inputs]) originals.set(copy, original);
  for (const tensor of results) {
    const copy = copies.get(tensor)!;
    if (copy !== tensor) found.add(copy, found.get(tensor)!);
  }
  const leadsOn = (tensor: Tensor) => isWanted(originals.get(tensor) ?? tensor);
  for (const { original, copy } of [...nodes].reverse()) {
    if (original.outputs.some(isWanted)) found.through(copy, leadsOn);
  }
  for (const [input, behind] of inputs) {
    const gradient = found.get(behind);
    if (gradient) found.add(input, gradient);
  }
}
