import { AttuneError, type Program, type ProgramNode, type ValueId } from '@attune/core';

/** Whether an op can be computed on the host only. */
const onHost = (node: ProgramNode) => node.op === 'bernoulli';

/** The nodes that a value needs, in their order. */
function ancestors(program: Program, wanted: ReadonlySet<ValueId>): ProgramNode[] {
  const needed = new Set(wanted);
  const nodes: ProgramNode[] = [];
  for (const node of [...program.nodes].reverse()) {
    if (!node.outputs.some((id) => needed.has(id))) continue;
    nodes.unshift(node);
    for (const id of node.inputs) needed.add(id);
  }
  return nodes;
}

/**
 * Values that the host computes: random ones.
 *
 * @throws AttuneError UNSUPPORTED_OP if such a value depends on more than feeds.
 */
export function hostValues(program: Program): ReadonlySet<ValueId> {
  const values = new Set(program.nodes.filter(onHost).flatMap((node) => node.outputs));
  const state = ancestors(program, values).find((node) => node.op === 'state');
  if (state) {
    throw new AttuneError(
      'UNSUPPORTED_OP',
      `ONNX has no random numbers: the host draws them, and cannot where the seed depends on state ("${String(state.attrs['name'])}").`,
      { fix: 'Feed the seed.' },
    );
  }
  return values;
}

/** The program of feeds that computes these values, each as an output named by its id; `undefined` if there are none. */
export function hostProgram(program: Program, values: ReadonlySet<ValueId>): Program | undefined {
  if (values.size === 0) return undefined;
  const nodes = ancestors(program, values);
  const fed = new Set(nodes.filter((node) => node.op === 'feed').map((node) => String(node.attrs['name'])));
  return {
    name: `${program.name}.host`,
    nodes,
    values: program.values,
    feeds: Object.fromEntries(Object.entries(program.feeds).filter(([name]) => fed.has(name))),
    state: {},
    updates: {},
    outputs: Object.fromEntries([...values].map((id) => [String(id), id])),
  };
}
