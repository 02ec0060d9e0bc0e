import { hostTensor, type DType, type HostTensor, type TensorSpec } from '@attune/core';
import type { NodeAttributes } from './attributes.js';
import type { ElementType, Initializer, OnnxGraph, OnnxNode, OnnxRef, OnnxValue, Weight } from './graph.js';
import { dataTypeOf } from './protos.js';

export type { OnnxRef, OnnxValue } from './graph.js';

/** onnxruntime's own operators. */
export const MICROSOFT = 'com.microsoft';

/**
 * Writes an ONNX graph, node by node. The same operator on the same inputs is one node, and equal constants are one
 * initializer; what no output needs is left out.
 */
export class GraphWriter {
  private readonly nodes: OnnxNode[] = [];
  private readonly known = new Map<string, readonly OnnxValue[]>();
  private readonly initializers = new Map<number, Initializer>();
  private readonly constants = new Map<string, number>();
  private readonly inputs: { name: string; value: OnnxValue; elementType: ElementType }[] = [];
  private readonly outputs: { name: string; value: OnnxValue }[] = [];
  private readonly produced = new Set<number>();
  private readonly named = new Map<number, string>();
  private readonly taken = new Set<string>();
  private count = 0;

  /** @param identityOfBool whether the engine copies bool tensors by an Identity node. */
  constructor(private readonly identityOfBool = true) {}

  /**
   * An input of the model. The name that comes back differs from the one asked for where that is taken.
   *
   * @param elementType its dtype in the model: where it is another one, the value is to be cast.
   */
  input(
    wanted: string,
    { shape, dtype }: TensorSpec,
    elementType: ElementType = dtype,
  ): { name: string; value: OnnxValue } {
    const input = { name: this.unique(wanted), value: { id: this.count++, shape, dtype }, elementType };
    this.inputs.push(input);
    this.named.set(input.value.id, input.name);
    return input;
  }

  /**
   * Makes a value an output of the model, under its own name. A value that has a name already (an input, a constant, an
   * output) gets a node that copies it; no other does.
   */
  output(wanted: string, value: OnnxValue): string {
    const name = this.unique(wanted);
    const nameable = this.produced.has(value.id) && !this.named.has(value.id);
    const own = nameable ? value : this.copy(value);
    this.named.set(own.id, name);
    this.outputs.push({ name, value: own });
    return name;
  }

  private copy(value: OnnxValue): OnnxValue {
    if (value.dtype !== 'bool' || this.identityOfBool) {
      return this.addNode('Identity', '', [value.id], [value], {})[0]!;
    }
    const to = (dtype: DType, { id, shape }: OnnxValue) =>
      this.addNode('Cast', '', [id], [{ shape, dtype }], { to: { int: dataTypeOf(dtype) } })[0]!;
    return to('bool', to('i32', value));
  }

  /** A node with one output. */
  apply(
    op: string,
    inputs: readonly (OnnxRef | undefined)[],
    output: TensorSpec,
    attributes: NodeAttributes = {},
    domain = '',
  ): OnnxValue {
    return this.applyAll(op, inputs, [output], attributes, domain)[0]!;
  }

  applyAll(
    op: string,
    inputs: readonly (OnnxRef | undefined)[],
    outputs: readonly TensorSpec[],
    attributes: NodeAttributes = {},
    domain = '',
  ): readonly OnnxValue[] {
    const ids = inputs.map((input) => input?.id);
    const shapes = outputs.map((output) => output.shape);
    const key = JSON.stringify([op, domain, ids, attributes, shapes]);
    const known = this.known.get(key);
    if (known) return known;
    const values = this.addNode(op, domain, ids, outputs, attributes);
    this.known.set(key, values);
    return values;
  }

  private addNode(
    op: string,
    domain: string,
    inputs: readonly (number | undefined)[],
    specs: readonly TensorSpec[],
    attributes: NodeAttributes,
  ): readonly OnnxValue[] {
    const outputs = specs.map(({ shape, dtype }) => ({ id: this.count++, shape, dtype }));
    outputs.forEach(({ id }) => this.produced.add(id));
    this.nodes.push({ op, domain, inputs, outputs, attributes });
    return outputs;
  }

  /**
   * A tensor that is part of the model. Small ones that are equal are one.
   *
   * @param key what a bigger one holds, in words, so that it too is made and kept once.
   */
  constant(tensor: HostTensor, key?: string): OnnxValue {
    const { shape, dtype, data } = tensor;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const content = key ?? (bytes.length <= 64 ? bytes.join() : `no ${this.count}`);
    const id = this.initializer(`${dtype}[${shape.join()}] ${content}`, { kind: 'tensor', tensor });
    return { id, shape, dtype };
  }

  /** A tensor that is part of the model under its own name. One that is f16 is to be cast. */
  weight(weight: Weight): OnnxValue {
    const name = this.unique(weight.name);
    const id = this.initializer(`weight ${name}`, { kind: 'weight', weight });
    this.named.set(id, name);
    return { id, shape: weight.shape, dtype: 'f32' };
  }

  scalar(value: number, dtype: DType = 'f32'): OnnxValue {
    return this.constant(hostTensor(dtype, [], [value]));
  }

  /** A list of int64: a shape, or axes. */
  ints(values: readonly number[]): OnnxRef {
    return { id: this.initializer(`i64[${values.join()}]`, { kind: 'ints', values }) };
  }

  private initializer(key: string, content: Initializer): number {
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const id = this.count++;
    this.constants.set(key, id);
    this.initializers.set(id, content);
    return id;
  }

  private unique(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.taken.has(name); i++) name = `${wanted}#${i}`;
    this.taken.add(name);
    return name;
  }

  /** The graph: of nodes, initializers and inputs those that some output needs. */
  finish(name: string): OnnxGraph {
    const needed = new Set(this.outputs.map(({ value }) => value.id));
    const nodes: OnnxNode[] = [];
    for (const node of [...this.nodes].reverse()) {
      if (!node.outputs.some(({ id }) => needed.has(id))) continue;
      nodes.push(node);
      for (const id of node.inputs) if (id !== undefined) needed.add(id);
    }
    const port = (name: string, { id, shape, dtype }: OnnxValue, elementType: ElementType = dtype) => ({
      ...{ id, name, shape, elementType },
    });
    return {
      name,
      nodes: nodes.reverse(),
      initializers: new Map([...this.initializers].filter(([id]) => needed.has(id))),
      inputs: this.inputs
        .filter(({ value }) => needed.has(value.id))
        .map(({ name, value, elementType }) => port(name, value, elementType)),
      outputs: this.outputs.map(({ name, value }) => port(name, value)),
      names: this.named,
    };
  }
}
