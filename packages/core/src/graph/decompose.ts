import { opDefinition } from '../ops/index.js';
import { GraphBuilder, scratchGraph } from './builder.js';
import type { OpNode, Program, ValueId } from './program.js';
import type { GraphNode, Tensor } from './tensor.js';

/** Replays nodes of a builder into another, decomposing those that `shouldDecompose` names. */
function emit(
  g: GraphBuilder,
  node: Pick<OpNode, 'op' | 'attrs'>,
  inputs: readonly Tensor[],
  shouldDecompose: (node: Pick<OpNode, 'op' | 'attrs'>) => boolean,
): readonly Tensor[] {
  const { body } = opDefinition(node.op);
  if (!body || !shouldDecompose(node)) return g.applyAll(node.op, inputs, node.attrs);
  // The parts are written to a scratch graph first: they may hold composites that must be decomposed in turn.
  const scratch = scratchGraph('scratch');
  const standIns = inputs.map((input, i) => scratch.feed(String(i), input));
  const parts = body(scratch, standIns, node.attrs);
  const emitted = new Map<Tensor, Tensor>(standIns.map((standIn, i) => [standIn, inputs[i]!]));
  for (const part of scratch.nodes) emitPart(g, part, emitted, shouldDecompose);
  return parts.map((part) => emitted.get(part)!);
}

function emitPart(
  g: GraphBuilder,
  part: GraphNode,
  emitted: Map<Tensor, Tensor>,
  shouldDecompose: (node: Pick<OpNode, 'op' | 'attrs'>) => boolean,
): void {
  if (part.kind !== 'op') return;
  const results = emit(
    g,
    part as Pick<OpNode, 'op' | 'attrs'>,
    part.inputs.map((input) => emitted.get(input)!),
    shouldDecompose,
  );
  part.outputs.forEach((output, i) => emitted.set(output, results[i]!));
}

/**
 * The same program without the composite ops that `shouldDecompose` names: each is replaced by its body, down to
 * ops that are left alone. What forward and backward parts share is computed once.
 */
export function decompose(
  program: Program,
  shouldDecompose: (node: Pick<OpNode, 'op' | 'attrs'>) => boolean,
): Program {
  const g = new GraphBuilder(program.name);
  const tensors = new Map<ValueId, Tensor>();
  for (const [name, spec] of Object.entries(program.feeds)) g.feed(name, spec);
  for (const [name, spec] of Object.entries(program.state)) g.state(name, spec);
  for (const node of program.nodes) {
    const inputs = node.inputs.map((id) => tensors.get(id)!);
    const results =
      node.kind === 'op'
        ? emit(g, node, inputs, shouldDecompose)
        : [g[node.kind](node.name, program.values[node.outputs[0]]!)];
    node.outputs.forEach((id, i) => tensors.set(id, results[i]!));
  }
  for (const [name, id] of Object.entries(program.outputs)) {
    if (name === program.guard) g.guard(name, tensors.get(id)!);
    else g.output(name, tensors.get(id)!);
  }
  for (const [name, id] of Object.entries(program.updates)) g.update(name, tensors.get(id)!);
  return g.build();
}
