import { GraphBuilder } from '../builder/builder.js';
import { AttuneError } from '../errors/index.js';
import type { Tensor } from '../graph/tensor.js';
import type { OpNode, Program, ProgramNode, ValueId } from '../program/program.js';
import { formatSpec, sameSpec } from '../tensor/index.js';
import { copyResults } from './copy-results.js';

/** Nodes of a program, and what takes their place. */
export interface Replacement {
  readonly nodes: readonly OpNode[];
  /** Updates of the program that fall away: what takes their place updates other tensors. */
  readonly dropsUpdates?: readonly string[];
  /**
   * Writes what takes the place of the nodes. Called when the last of them is reached, so that all they read is there.
   *
   * @param valueOf the tensor that stands for a value of the program.
   * @returns tensors for the values that the nodes computed. One that is missing may be used by nothing.
   */
  write(g: GraphBuilder, valueOf: (id: ValueId) => Tensor): ReadonlyMap<ValueId, Tensor>;
}

/**
 * The same program with some of its nodes replaced. Feeds come first; the other nodes keep their order, and what the new
 * ones and the old ones share is computed once.
 *
 * @throws AttuneError INVALID_PROGRAM if a replacement yields another shape or dtype than what it replaces, if a value that
 * is used has none, or if two replace the same node.
 */
export function rewrite(program: Program, replacements: readonly Replacement[]): Program {
  const g = new GraphBuilder(program.name);
  const tensors = new Map<ValueId, Tensor>();
  const fail = (text: string): never => {
    throw new AttuneError('INVALID_PROGRAM', `Rewriting program "${program.name}": ${text}`);
  };
  const valueOf = (id: ValueId): Tensor => tensors.get(id) ?? fail(`nothing stands for value ${id}.`);
  const define = (id: ValueId, tensor: Tensor) => {
    const spec = program.values[id]!;
    if (!sameSpec(spec, tensor))
      fail(`value ${id} is ${formatSpec(spec)}, its replacement ${formatSpec(tensor)}.`);
    tensors.set(id, tensor);
  };
  const replacementOf = new Map<ProgramNode, Replacement>();
  for (const replacement of replacements) {
    for (const node of replacement.nodes) {
      if (replacementOf.has(node)) fail(`a node (${node.op}) is replaced twice.`);
      replacementOf.set(node, replacement);
    }
  }
  const last = new Map(
    program.nodes.flatMap((node) => {
      const replacement = replacementOf.get(node);
      return replacement ? [[replacement, node] as const] : [];
    }),
  );

  for (const [name, spec] of Object.entries(program.feeds)) g.feed(name, spec);
  for (const node of program.nodes) {
    const replacement = replacementOf.get(node);
    if (replacement) {
      if (last.get(replacement) !== node) continue;
      for (const [id, tensor] of replacement.write(g, valueOf)) define(id, tensor);
    } else if (node.kind === 'op') {
      const results = g.applyAll(node.op, node.inputs.map(valueOf), node.attrs);
      node.outputs.forEach((id, i) => define(id, results[i]!));
    } else {
      define(node.outputs[0], g[node.kind](node.name, program.values[node.outputs[0]]!));
    }
  }
  const dropped = new Set(replacements.flatMap(({ dropsUpdates = [] }) => dropsUpdates));
  copyResults(g, program, valueOf, (name) => dropped.has(name));
  return g.build();
}
