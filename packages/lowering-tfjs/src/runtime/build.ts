import {
  allocator,
  constantValues,
  lastUses,
  NdArray,
  opDefinition,
  sizeOf,
  type HostTensors,
  type Kernel,
  type OpNode,
  type Program,
  type ProgramNode,
  type ValueId,
} from '@attune/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Rules } from '../rules/index.js';
import { toHost } from './dtypes.js';
import { onBackend, type Kernels } from './kernels.js';

type Values = (Tensor | undefined)[];

/** Computes a node on the host, by the op's definition. */
function onHost(k: Kernels, { op, attrs }: OpNode, inputs: readonly Tensor[]): readonly Tensor[] {
  const arrays = inputs.map((input) => {
    const { shape, dtype, data } = toHost(input);
    return new NdArray(shape, dtype, data);
  });
  return opDefinition(op)
    .reference(arrays, attrs, allocator('f32'))
    .map((result) => k.upload(result));
}

/** Turns a node into a function of the values so far. */
function plan(k: Kernels, rules: Rules, program: Program, node: OpNode): (values: Values) => void {
  const specs = node.outputs.map((id) => program.values[id]!);
  const rule = rules[node.op]!;
  // Kernels leave memory as it was when there is nothing to loop over: a sum of nothing would not be 0.
  const empty = [...node.inputs, ...node.outputs].some((id) => sizeOf(program.values[id]!.shape) === 0);
  return (values) => {
    const inputs = node.inputs.map((id) => values[id]!);
    const results = k.scope(() => {
      if (empty) return onHost(k, node, inputs);
      const result = rule.apply(k, inputs, node.attrs, specs);
      return Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
    });
    node.outputs.forEach((id, i) => (values[id] = results[i]!));
  };
}

/** Computes what is the same in every run, and keeps what the rest needs of it. */
function computeConstants(
  k: Kernels,
  rules: Rules,
  program: Program,
  constants: Set<ValueId>,
): Map<ValueId, Tensor> {
  const values: Values = [];
  const isConstant = (node: ProgramNode) => node.outputs.some((id) => constants.has(id));
  const needed = new Set<ValueId>([
    ...Object.values(program.outputs),
    ...Object.values(program.updates),
    ...program.nodes.filter((node) => !isConstant(node)).flatMap((node) => node.inputs),
  ]);
  try {
    for (const node of program.nodes)
      if (node.kind === 'op' && isConstant(node)) plan(k, rules, program, node)(values);
  } catch (error) {
    for (const tensor of values) if (tensor) k.free(tensor);
    throw error;
  }
  for (const id of constants) if (!needed.has(id)) k.free(values[id]!);
  return new Map([...constants].filter((id) => needed.has(id)).map((id) => [id, values[id]!]));
}

/**
 * Prepares a program: constants are computed now, the other nodes become a list of functions that is gone through in
 * each run. A value is freed after its last use.
 */
export function build(k: Kernels, rules: Rules, program: Program): Kernel<Tensor> {
  const constantIds = constantValues(program);
  const constants = onBackend(k.backendName, () => computeConstants(k, rules, program, constantIds));
  const dying = lastUses(program);
  const steps = program.nodes.flatMap((node, index) => {
    if (node.outputs.some((id) => constantIds.has(id))) return [];
    const frees = dying[index]!.filter((id) => !constantIds.has(id));
    return [{ node, frees, compute: node.kind === 'op' ? plan(k, rules, program, node) : undefined }];
  });

  const run = (state: ReadonlyMap<string, Tensor>, feeds: HostTensors) => {
    const values: Values = [];
    constants.forEach((tensor, id) => (values[id] = tensor));
    /** Values this run made and has neither freed nor given away. */
    const owned = new Set<Tensor>();
    const results: Tensor[] = [];

    /** A handle the caller may own: the value itself, or, if that is somebody else's, another of the same data. */
    const give = (id: ValueId): Tensor => {
      const value = values[id]!;
      const handle = owned.delete(value) ? value : k.scope(() => [k.alias(value)])[0]!;
      results.push(handle);
      return handle;
    };
    const giveAll = (ids: Readonly<Record<string, ValueId>>) =>
      new Map(Object.entries(ids).map(([name, id]) => [name, give(id)]));

    try {
      for (const { node, frees, compute } of steps) {
        if (node.kind === 'op') compute!(values);
        else if (node.kind === 'state') values[node.outputs[0]] = state.get(node.name)!;
        else values[node.outputs[0]] = k.scope(() => [k.upload(feeds[node.name]!)])[0]!;
        if (node.kind !== 'state') for (const output of node.outputs) owned.add(values[output]!);
        for (const free of frees) {
          if (owned.delete(values[free]!)) k.free(values[free]!);
          values[free] = undefined;
        }
      }
      return { outputs: giveAll(program.outputs), updates: giveAll(program.updates) };
    } catch (error) {
      for (const tensor of [...owned, ...results]) k.free(tensor);
      throw error;
    }
  };

  return {
    run: (state, feeds) => onBackend(k.backendName, () => run(state, feeds)),
    dispose: () => {
      for (const tensor of constants.values()) k.free(tensor);
    },
  };
}
