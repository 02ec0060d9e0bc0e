import { create, toBinary } from '@bufbuild/protobuf';
import { hostTensor, type DType, type HostTensor, type TensorSpec } from '@attune/core';
import { ModelProtoSchema, NodeProtoSchema, type TensorProto } from '../schema/onnx_pb.js';
import { attributeProto, type NodeAttributes } from './attributes.js';
import { dataTypeOf, int64Proto, tensorProto, valueInfoProto } from './protos.js';

/** A value of an ONNX graph. Its name in the model is settled when the graph is done. */
export interface OnnxValue extends TensorSpec {
  readonly id: number;
}

/** A list of int64 that is part of the model: a shape, or axes. */
export interface OnnxInts {
  readonly id: number;
}

interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly (number | undefined)[];
  readonly outputs: readonly OnnxValue[];
  readonly attributes: NodeAttributes;
}

/** The opset: old enough to be widely implemented, and the first with LayerNormalization. */
export const OPSET = 17;
/** The version of the file format that belongs to {@link OPSET}. */
export const IR_VERSION = 8n;
/** onnxruntime's own operators. */
export const MICROSOFT = 'com.microsoft';

/**
 * Writes an ONNX graph, node by node. The same operator on the same inputs is one node, and equal constants are one
 * initializer; what no output needs is left out.
 */
export class GraphWriter {
  private readonly nodes: OnnxNode[] = [];
  private readonly known = new Map<string, readonly OnnxValue[]>();
  private readonly initializers = new Map<number, (name: string) => TensorProto>();
  private readonly constants = new Map<string, number>();
  private readonly inputs: { name: string; value: OnnxValue }[] = [];
  private readonly outputs: { name: string; value: OnnxValue }[] = [];
  private readonly produced = new Set<number>();
  private readonly named = new Map<number, string>();
  private readonly taken = new Set<string>();
  private count = 0;

  /** @param identityOfBool whether the engine copies bool tensors by an Identity node. */
  constructor(private readonly identityOfBool = true) {}

  /** An input of the model. The name that comes back differs from the one asked for where that is taken. */
  input(wanted: string, { shape, dtype }: TensorSpec): { name: string; value: OnnxValue } {
    const input = { name: this.unique(wanted), value: { id: this.count++, shape, dtype } };
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
    inputs: readonly (OnnxValue | OnnxInts | undefined)[],
    output: TensorSpec,
    attributes: NodeAttributes = {},
    domain = '',
  ): OnnxValue {
    return this.applyAll(op, inputs, [output], attributes, domain)[0]!;
  }

  applyAll(
    op: string,
    inputs: readonly (OnnxValue | OnnxInts | undefined)[],
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
    const id = this.initializer(`${dtype}[${shape.join()}] ${content}`, (name) => tensorProto(name, tensor));
    return { id, shape, dtype };
  }

  /** A tensor that is part of the model under its own name: a weight. */
  weight(wanted: string, tensor: HostTensor): OnnxValue {
    const name = this.unique(wanted);
    const id = this.initializer(`weight ${name}`, (own) => tensorProto(own, tensor));
    this.named.set(id, name);
    return { id, shape: tensor.shape, dtype: tensor.dtype };
  }

  scalar(value: number, dtype: DType = 'f32'): OnnxValue {
    return this.constant(hostTensor(dtype, [], [value]));
  }

  ints(values: readonly number[]): OnnxInts {
    return { id: this.initializer(`i64[${values.join()}]`, (name) => int64Proto(name, values)) };
  }

  private initializer(key: string, proto: (name: string) => TensorProto): number {
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const id = this.count++;
    this.constants.set(key, id);
    this.initializers.set(id, proto);
    return id;
  }

  private unique(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.taken.has(name); i++) name = `${wanted}#${i}`;
    this.taken.add(name);
    return name;
  }

  /** The serialised model, and the names of the inputs that it has: those that some output needs. */
  finish(graphName: string): { model: Uint8Array<ArrayBuffer>; inputNames: ReadonlySet<string> } {
    const needed = new Set(this.outputs.map(({ value }) => value.id));
    const nodes: OnnxNode[] = [];
    for (const node of [...this.nodes].reverse()) {
      if (!node.outputs.some(({ id }) => needed.has(id))) continue;
      nodes.push(node);
      for (const id of node.inputs) if (id !== undefined) needed.add(id);
    }
    nodes.reverse();
    const inputs = this.inputs.filter(({ value }) => needed.has(value.id));
    const nameOf = (id: number) => this.named.get(id) ?? `%${id}`;
    const domains = new Set(nodes.map((node) => node.domain).filter((domain) => domain !== ''));
    const model = create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: 'attune',
      opsetImport: [
        { domain: '', version: BigInt(OPSET) },
        ...[...domains].map((domain) => ({ domain, version: 1n })),
      ],
      graph: {
        name: graphName,
        node: nodes.map(({ op, domain, inputs, outputs, attributes }) =>
          create(NodeProtoSchema, {
            name: `${op}.${outputs[0]!.id}`,
            opType: op,
            domain,
            input: inputs.map((id) => (id === undefined ? '' : nameOf(id))),
            output: outputs.map(({ id }) => (needed.has(id) ? nameOf(id) : '')),
            attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
          }),
        ),
        initializer: [...this.initializers]
          .filter(([id]) => needed.has(id))
          .map(([id, proto]) => proto(nameOf(id))),
        input: inputs.map(({ name, value }) => valueInfoProto(name, value)),
        output: this.outputs.map(({ name, value }) => valueInfoProto(name, value)),
      },
    });
    return {
      model: toBinary(ModelProtoSchema, model) as Uint8Array<ArrayBuffer>,
      inputNames: new Set(inputs.map(({ name }) => name)),
    };
  }
}
