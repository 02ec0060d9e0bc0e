import { GraphBuilder } from '../builder/builder.js';
import { opDefinition } from '../builder/op-definition.js';
import type { GraphNode, Tensor } from '../graph/tensor.js';
import type { OpNode, Program, ValueId } from '../program/program.js';
import { copyResults } from './copy-results.js';

/** Replays nodes of a builder into another, decomposing those that `shouldDecompose` names. */
function emit(
  g: GraphBuilder,
  node: Pick<OpNode, 'op' | 'attrs'>,
  inputs: readonly Tensor[],
  shouldDecompose: (node: Pick<OpNode, 'op' | 'attrs'>) => boolean,
): readonly Tensor[] {
  const { body } = opDefinition(node.op);
  if (!body || !shouldDecompose(node)) return g.applyAll(node.op, inputs, node.attrs);
  // Part by part: there may be composites among them that must be decomposed in turn.
  const trace = body(inputs, node.attrs);
  const emitted = new Map<Tensor, Tensor>(trace.inputs.map((standIn, i) => [standIn, inputs[i]!]));
  for (const part of trace.graph.nodes) emitPart(g, part, emitted, shouldDecompose);
  return trace.outputs.map((output) => emitted.get(output)!);
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
  copyResults(g, program, (id) => tensors.get(id)!);
  return g.build();
}
