import type { GraphNode, Tensor } from '../graph/tensor.js';
import type { OpName } from '../ops/table.js';
import type { TensorSpec, TensorSpecs } from '../tensor/index.js';
import type { Program, ProgramNode, ValueId } from './program.js';

/** Nodes that some result depends on. */
export function reachable(results: Iterable<Tensor>): Set<GraphNode> {
  const live = new Set<GraphNode>();
  const pending = [...results].map((tensor) => tensor.node);
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (live.has(node)) continue;
    live.add(node);
    for (const input of node.inputs) pending.push(input.node);
  }
  return live;
}

/** Turns the nodes of a builder into a program: drops what no result needs, and numbers the values. */
export function finishProgram(
  name: string,
  nodes: readonly GraphNode[],
  interfaces: {
    readonly feeds: ReadonlyMap<string, TensorSpec>;
    readonly state: ReadonlyMap<string, TensorSpec>;
    readonly outputs: ReadonlyMap<string, Tensor>;
    readonly updates: ReadonlyMap<string, Tensor>;
    readonly guard?: string;
  },
): Program {
  const { feeds, state, outputs, updates, guard } = interfaces;
  const live = reachable([...outputs.values(), ...updates.values()]);
  const values: TensorSpec[] = [];
  const ids = new Map<Tensor, ValueId>();
  const programNodes: ProgramNode[] = [];
  for (const node of nodes) {
    if (!live.has(node)) continue;
    const inputs = node.inputs.map((input) => ids.get(input)!);
    const results = node.outputs.map((tensor) => {
      ids.set(tensor, values.length);
      return values.push({ shape: [...tensor.shape], dtype: tensor.dtype }) - 1;
    });
    programNodes.push(
      node.kind === 'op'
        ? // What is not in the table of ops does not get into a graph.
          { kind: 'op', op: node.op as OpName, attrs: node.attrs, inputs, outputs: results }
        : { kind: node.kind, name: node.name, inputs: [], outputs: [results[0]!] },
    );
  }
  const idsOf = (tensors: ReadonlyMap<string, Tensor>) =>
    Object.fromEntries([...tensors].map(([key, tensor]) => [key, ids.get(tensor)!]));
  const used = new Set(programNodes.flatMap((node) => (node.kind === 'state' ? [node.name] : [])));
  const usedState: TensorSpecs = Object.fromEntries(
    [...state].filter(([key]) => used.has(key) || updates.has(key)),
  );
  return {
    name,
    nodes: programNodes,
    values,
    feeds: Object.fromEntries(feeds),
    state: usedState,
    updates: idsOf(updates),
    outputs: idsOf(outputs),
    ...(guard !== undefined && { guard }),
  };
}
