import {
  ancestorsOf,
  AttuneError,
  foldConstants,
  groupUpdates,
  splitHost,
  type Constants,
  type HostTensors,
  type InputNode,
  type OpName,
  type OpNode,
  type Program,
  type ProgramNode,
  type TensorSpec,
  type ValueId,
} from '@attune/core';
import { NodeContext, type Rule } from './rules/context.js';
import { joinedAdamW } from './rules/adam-w.js';
import { rules } from './rules/index.js';
import { isSmall } from './rules/squared-norm.js';
import type { Target } from './writer/target.js';
import { Constant, force, type LoweredValue } from './rules/values.js';
import { GraphWriter } from './writer/graph-writer.js';
import { Operators } from './writer/operators.js';

/** How a program is lowered. */
export interface LowerOptions {
  readonly target: Target;
  /** Tensors of the state that become part of the model, e.g. the weights of a model that is exported. */
  readonly initializers?: HostTensors;
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

/** A program as an ONNX model: plain data, which can be sent to a worker. */
export interface LoweredProgram {
  /** A serialised ModelProto. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The inputs of the model. Feeds and tensors of the state that nothing reads are not among them. */
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly ModelOutput[];
  /**
   * The part that ONNX cannot express, e.g. dropout masks: a program of feeds alone, to be interpreted before each
   * run. Its outputs are feeds of the model: see `withHostValues` of core.
   */
  readonly hostProgram?: Program;
}

/** Writes one program. */
class Lowering {
  private readonly w: GraphWriter;
  private readonly ops: Operators;
  private readonly values = new Map<ValueId, LoweredValue>();
  private readonly inputs: ModelInput[] = [];
  private readonly program: Program;
  private readonly hostProgram: Program | undefined;
  private readonly constants: Constants;

  constructor(
    program: Program,
    private readonly options: LowerOptions,
  ) {
    const { device, host } = splitHost(program, ({ op }) => op === 'bernoulli');
    this.program = device;
    this.hostProgram = host;
    this.constants = foldConstants(device);
    // The WebGPU provider copies no bool.
    this.w = new GraphWriter(options.target !== 'webgpu');
    this.ops = new Operators(this.w, options.target);
  }

  run(): LoweredProgram {
    const { program, constants, hostProgram } = this;
    const groups = groupUpdates(program, ({ outputs: [param] }) =>
      isSmall(this.spec(param!).shape, this.options.target),
    );
    const groupOf = new Map(
      groups.flatMap((group) => group.map((node) => [node as ProgramNode, group] as const)),
    );
    for (const node of program.nodes) {
      const group = groupOf.get(node);
      if (group) {
        // All that its members take is there when the last one is reached.
        if (node === group.at(-1)) this.applyJoined(group);
      } else if (node.kind !== 'op') this.input(node);
      else if (node.outputs.every((id) => constants.ids.has(id))) this.fold(node);
      else this.apply(node);
    }
    const outputs = [...this.results('output', program.outputs), ...this.results('update', program.updates)];
    const { model, inputNames } = this.w.finish(program.name);
    return {
      model,
      inputs: this.inputs.filter(({ name }) => inputNames.has(name)),
      outputs,
      ...(hostProgram && { hostProgram }),
    };
  }

  private spec(id: ValueId): TensorSpec {
    return this.program.values[id]!;
  }

  private input({ kind: source, name: key, outputs: [id] }: InputNode): void {
    const initializer = source === 'state' ? this.options.initializers?.[key] : undefined;
    this.values.set(
      id,
      initializer ? this.w.weight(key, initializer) : this.declare(source, key, this.spec(id)),
    );
  }

  private declare(source: ModelInput['source'], key: string, { shape, dtype }: TensorSpec): LoweredValue {
    const { name, value } = this.w.input(source === 'feed' ? key : `${source}.${key}`, { shape, dtype });
    this.inputs.push({ name, source, key, shape, dtype });
    return value;
  }

  /** A constant, and what depends on nothing else: computed when something reads it. */
  private fold(node: OpNode): void {
    if (node.op === 'constant') {
      const { value } = node.attrs as { value: number };
      this.values.set(node.outputs[0]!, Constant.filled(this.w, this.spec(node.outputs[0]!), value));
      return;
    }
    for (const id of node.outputs) {
      this.values.set(id, new Constant(this.w, this.spec(id), () => this.constants.valueOf(id)));
    }
  }

  private apply(node: OpNode): void {
    const rule = (rules as Partial<Record<OpName, Rule>>)[node.op];
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

  private applyJoined(group: readonly OpNode[]): void {
    const results = joinedAdamW(group.map((node) => this.context(node)));
    group.forEach((node, i) => this.yield(node, results[i]!));
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

/**
 * Writes a program as an ONNX model.
 *
 * @param program in {@link loweredOps} only.
 * @throws AttuneError UNSUPPORTED_OP for an op that has no rule, or for random numbers whose seed is not fed.
 */
export function lower(program: Program, options: LowerOptions): LoweredProgram {
  return new Lowering(program, options).run();
}
