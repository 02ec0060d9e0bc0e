import {
  allocator,
  constantValues,
  lastUses,
  NdArray,
  opDefinition,
  sizeOf,
  type Commit,
  type CommitOrder,
  type CompiledProgram,
  type HostTensors,
  type OpNode,
  type Program,
  type ProgramNode,
  type ValueId,
} from '@attune/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Rules } from './rules/index.js';
import { toHost } from './runtime/dtypes.js';
import { onBackend, type Kernels } from './runtime/kernels.js';

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

/** The values of a run by id, and the tensors among them that are its own, to free or to give away. */
class Run {
  readonly values: Values = [];
  /** Tensors that were made here and have neither been freed nor given away. */
  private readonly owned = new Set<Tensor>();
  /** Tensors that were given away, but are not taken yet. */
  private readonly given = new Set<Tensor>();

  constructor(private readonly k: Kernels) {}

  own(ids: readonly ValueId[]): void {
    for (const id of ids) this.owned.add(this.values[id]!);
  }

  free(ids: readonly ValueId[]): void {
    for (const id of ids) {
      if (this.owned.delete(this.values[id]!)) this.k.free(this.values[id]!);
      this.values[id] = undefined;
    }
  }

  /** A handle the caller may own: the value itself, or, if that is somebody else's, another of the same data. */
  give(id: ValueId): Tensor {
    const value = this.values[id]!;
    const handle = this.owned.delete(value) ? value : this.k.scope(() => [this.k.alias(value)])[0]!;
    this.given.add(handle);
    return handle;
  }

  /** Notes that somebody else frees the tensor from now on. */
  taken(handle: Tensor): void {
    this.given.delete(handle);
  }

  /** Frees what nobody has asked for. */
  freeOwned(): void {
    for (const tensor of this.owned) this.k.free(tensor);
    this.owned.clear();
  }

  /** Frees everything that is not taken: the run has failed. */
  abandon(): void {
    this.freeOwned();
    for (const tensor of this.given) this.k.free(tensor);
  }
}

/**
 * Prepares a program: constants are computed now, the other nodes become a list of functions that is gone through in
 * each run. A value is freed after its last use. The run commits its updates itself: it computes the outputs, reads the guard
 * among them, and then lets each new tensor take the place of the old one as soon as nothing reads that any more.
 */
export function build(
  k: Kernels,
  rules: Rules,
  { program, beforeGuard, commits, together }: CommitOrder,
): CompiledProgram<Tensor> {
  const constantIds = constantValues(program);
  const constants = onBackend(k.backendName, () => computeConstants(k, rules, program, constantIds));
  const dying = lastUses(program);
  const { guard } = program;
  const steps = program.nodes.map((node, index) => {
    const isConstant = node.outputs.some((id) => constantIds.has(id));
    return {
      node: isConstant ? undefined : node,
      compute: node.kind === 'op' && !isConstant ? plan(k, rules, program, node) : undefined,
      frees: dying[index]!.filter((id) => !constantIds.has(id)),
      readsGuard: guard !== undefined && index === beforeGuard - 1,
      commits: commits[index]!,
    };
  });

  const run = (state: ReadonlyMap<string, Tensor>, feeds: HostTensors, commit: Commit<Tensor>) => {
    const current = new Run(k);
    const { values } = current;
    constants.forEach((tensor, id) => (values[id] = tensor));
    const hand = (name: string, handle: Tensor) => {
      current.taken(handle);
      commit(name, handle);
    };
    try {
      let holds = true;
      for (const { node, compute, frees, readsGuard, commits: names } of steps) {
        if (compute) compute(values);
        else if (node?.kind === 'state') values[node.outputs[0]] = state.get(node.name)!;
        else if (node?.kind === 'feed') {
          values[node.outputs[0]] = k.scope(() => [k.upload(feeds[node.name]!)])[0]!;
        }
        if (node && node.kind !== 'state') current.own(node.outputs);
        current.free(frees);
        if (readsGuard) holds = toHost(values[program.outputs[guard!]!]!).data[0] !== 0;
        if (!holds) break;
        for (const name of names) hand(name, current.give(program.updates[name]!));
      }
      const last = holds ? together.map((name) => [name, current.give(program.updates[name]!)] as const) : [];
      const outputs = new Map(
        Object.entries(program.outputs).map(([name, id]) => [name, current.give(id)] as const),
      );
      for (const [name, handle] of last) hand(name, handle);
      current.freeOwned();
      return { outputs, updates: new Map<string, Tensor>() };
    } catch (error) {
      current.abandon();
      throw error;
    }
  };

  return {
    commits: true,
    run: (state, feeds, commit) => onBackend(k.backendName, () => run(state, feeds, commit)),
    dispose: () => {
      for (const tensor of constants.values()) k.free(tensor);
    },
  };
}
