import {
  ancestorsOf,
  AttuneError,
  foldConstants,
  groupUpdates,
  splitHost,
  type Constants,
  type InputNode,
  type OpNode,
  type Program,
  type ProgramNode,
  type TensorSpec,
  type ValueId,
} from '@attune/core';
import { joinedAdamW } from '../rules/adam-w.js';
import { NodeContext } from '../rules/context.js';
import { rulesFor } from '../rules/index.js';
import { adjacentSlices, split } from '../rules/split.js';
import { isSmall } from '../rules/squared-norm.js';
import { isReadTransposed, StoredWeight, WideInput } from '../rules/stored.js';
import { Constant, force, Stretched, type LoweredValue } from '../rules/values.js';
import type { OnnxGraph, Weight } from '../writer/graph.js';
import { GraphWriter } from '../writer/graph-writer.js';
import { Operators } from '../writer/operators.js';
import type { Target } from '../writer/target.js';

/** How a program is written. */
export interface LoweringOptions {
  readonly target: Target;
  /** Tensors of the state that are part of the model, by their names. By default all of the state are inputs. */
  readonly weightOf?: (name: string) => Weight;
  /** Feeds of i32 that are inputs of int64. */
  readonly wide?: ReadonlySet<string>;
  /** False if lengths of axes differ from run to run, so that nothing that has them is the same in every run. */
  readonly fold?: boolean;
}

/** Where an input of the model comes from. */
export interface ModelInput extends TensorSpec {
  /** In the model. */
  readonly name: string;
  /** A feed, of the run or computed by the host program, or a tensor of the state. */
  readonly source: 'feed' | 'state';
  /** The feed's or the tensor's own name. */
  readonly key: string;
}

/** Where an output of the model goes. */
export interface ModelOutput extends TensorSpec {
  readonly name: string;
  readonly role: 'output' | 'update';
  readonly key: string;
}

/** A program as a graph. */
export interface LoweredGraph {
  readonly graph: OnnxGraph;
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly ModelOutput[];
  readonly hostProgram?: Program;
}

/** Nodes of a program that are written together. */
interface Group {
  readonly members: readonly OpNode[];
  /** The member in whose place they are: what all of them take is there by then, and nothing has read them before. */
  readonly place: ProgramNode;
  /** @returns the results of each. */
  readonly write: (members: readonly NodeContext[]) => readonly (readonly LoweredValue[])[];
}

/** Writes one program. */
export class Lowering {
  private readonly w: GraphWriter;
  private readonly ops: Operators;
  private readonly values = new Map<ValueId, LoweredValue>();
  private readonly inputs: ModelInput[] = [];
  private readonly program: Program;
  private readonly hostProgram: Program | undefined;
  private readonly constants: Constants | undefined;

  constructor(
    program: Program,
    private readonly options: LoweringOptions,
  ) {
    const { device, host } = splitHost(program, ({ op }) => op === 'bernoulli');
    this.program = device;
    this.hostProgram = host;
    this.constants = options.fold === false ? undefined : foldConstants(device);
    // The WebGPU provider copies no bool.
    this.w = new GraphWriter(options.target !== 'webgpu');
    this.ops = new Operators(this.w, options.target);
  }

  run(): LoweredGraph {
    const { program, constants, hostProgram } = this;
    const groups = new Map<ProgramNode, Group>(
      this.groups().flatMap((group) => group.members.map((member) => [member, group])),
    );
    for (const node of program.nodes) {
      const group = groups.get(node);
      if (node.kind !== 'op') this.input(node);
      else if (node.op === 'constant') this.constant(node);
      else if (constants && node.outputs.every((id) => constants.ids.has(id))) this.fold(node, constants);
      else if (!group) this.apply(node);
      else if (node === group.place) this.applyTogether(group);
    }
    const outputs = [...this.results('output', program.outputs), ...this.results('update', program.updates)];
    const graph = this.w.finish(program.name);
    const names = new Set(graph.inputs.map(({ name }) => name));
    return {
      graph,
      inputs: this.inputs.filter(({ name }) => names.has(name)),
      outputs,
      ...(hostProgram && { hostProgram }),
    };
  }

  private groups(): Group[] {
    const { program } = this;
    const { target } = this.options;
    const updates = groupUpdates(program, ({ outputs: [param] }) =>
      isSmall(this.spec(param!).shape, target),
    ).map((members) => ({ members, place: members.at(-1)!, write: joinedAdamW }));
    if (target !== 'portable') return updates;
    const slices = adjacentSlices(program).map((members) => ({
      members,
      place: program.nodes.find((node) => node.kind === 'op' && members.includes(node))!,
      write: (contexts: readonly NodeContext[]) => split(contexts).map((part) => [part]),
    }));
    return [...updates, ...slices];
  }

  private spec(id: ValueId): TensorSpec {
    return this.program.values[id]!;
  }

  private input({ kind: source, name: key, outputs: [id] }: InputNode): void {
    const weight = source === 'state' ? this.options.weightOf?.(key) : undefined;
    const value = weight
      ? new StoredWeight(this.w, this.spec(id), weight, isReadTransposed(this.program, id))
      : this.declare(source, key, this.spec(id));
    this.values.set(id, value);
  }

  private declare(source: ModelInput['source'], key: string, { shape, dtype }: TensorSpec): LoweredValue {
    const isWide = this.options.wide?.has(key) ?? false;
    const wanted = source === 'feed' ? key : `${source}.${key}`;
    const { name, value } = this.w.input(wanted, { shape, dtype }, isWide ? 'i64' : dtype);
    this.inputs.push({ name, source, key, shape, dtype });
    return isWide ? new WideInput(this.w, value) : value;
  }

  private constant({ attrs, outputs: [id] }: OpNode): void {
    const { value } = attrs as { value: number };
    const spec = this.spec(id!);
    if (this.constants || spec.shape.length === 0) {
      this.values.set(id!, Constant.filled(this.w, spec, value));
      return;
    }
    const scalar = Constant.filled(this.w, { ...spec, shape: [] }, value);
    const write = () => this.ops.expand(scalar.force(), spec.shape);
    this.values.set(id!, new Stretched(spec, scalar, write));
  }

  /** Something that depends on constants alone: computed when something reads it. */
  private fold(node: OpNode, constants: Constants): void {
    for (const id of node.outputs) {
      this.values.set(id, new Constant(this.w, this.spec(id), () => constants.valueOf(id)));
    }
  }

  private apply(node: OpNode): void {
    const rule = rulesFor(this.options.target)[node.op];
    if (node.op === 'bernoulli') this.refuseRandom(node);
    if (!rule) {
      throw new AttuneError('UNSUPPORTED_OP', `ONNX: there is no rule for ${node.op}.`, {
        fix: 'Legalise the program to loweredOps first.',
      });
    }
    this.yield(node, rule(this.context(node)));
  }

  /** @throws AttuneError UNSUPPORTED_OP, with the tensor of the state that a random number would depend on. */
  private refuseRandom(node: OpNode): never {
    const [state] = ancestorsOf(this.program, node.outputs).flatMap((before) =>
      before.kind === 'state' ? [before.name] : [],
    );
    throw new AttuneError(
      'UNSUPPORTED_OP',
      `ONNX has no random numbers: the host draws them, and cannot where the seed depends on state ("${state}").`,
      { fix: 'Feed the seed.' },
    );
  }

  private applyTogether({ members, write }: Group): void {
    const results = write(members.map((node) => this.context(node)));
    members.forEach((node, i) => this.yield(node, results[i]!));
  }

  private context({ inputs, outputs, attrs }: OpNode): NodeContext {
    const operands = inputs.map((id) => this.values.get(id)!);
    return new NodeContext(
      this.ops,
      attrs,
      operands,
      outputs.map((id) => this.spec(id)),
    );
  }

  private yield(node: OpNode, results: readonly LoweredValue[]): void {
    node.outputs.forEach((id, i) => this.values.set(id, results[i]!));
  }

  private results(role: ModelOutput['role'], ids: Readonly<Record<string, ValueId>>): ModelOutput[] {
    return Object.entries(ids).map(([key, id]) => {
      const name = this.w.output(role === 'output' ? key : `update.${key}`, force(this.values.get(id)!));
      return { name, role, key, ...this.spec(id) };
    });
  }
}
