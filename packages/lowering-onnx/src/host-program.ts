import {
  AttuneError,
  hostTensor,
  interpret,
  NdArray,
  type HostTensors,
  type Program,
  type ProgramNode,
  type ValueId,
} from '@attune/core';

/** True for an op that can be computed on the host only. */
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
  const [state] = ancestors(program, values).flatMap((node) => (node.kind === 'state' ? [node.name] : []));
  if (state !== undefined) {
    throw new AttuneError(
      'UNSUPPORTED_OP',
      `ONNX has no random numbers: the host draws them, and cannot where the seed depends on state ("${state}").`,
      { fix: 'Feed the seed.' },
    );
  }
  return values;
}

/** The program of feeds that computes these values, each as an output named by its id; `undefined` if there are none. */
export function hostProgram(program: Program, values: ReadonlySet<ValueId>): Program | undefined {
  if (values.size === 0) return undefined;
  const nodes = ancestors(program, values);
  const fed = new Set(nodes.flatMap((node) => (node.kind === 'feed' ? [node.name] : [])));
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

/**
 * Computes what a model takes from the host: its inputs whose source is `host`, by key.
 *
 * @param program the lowered program's `hostProgram`.
 * @param feeds those of the run; more than the program takes is fine.
 */
export function runHostProgram(program: Program | undefined, feeds: HostTensors): HostTensors {
  if (!program) return {};
  const arrays = Object.keys(program.feeds).map((name) => {
    const { shape, dtype, data } = feeds[name]!;
    return [name, new NdArray(shape, dtype, data)] as const;
  });
  const { outputs } = interpret(program, { feeds: Object.fromEntries(arrays) });
  return Object.fromEntries(
    Object.entries(outputs).map(([key, { dtype, shape, data }]) => [
      key,
      hostTensor(dtype, shape, data as Float32Array | Int32Array | Uint8Array),
    ]),
  );
}
