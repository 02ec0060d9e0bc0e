import { create } from '@bufbuild/protobuf';
import { AttuneError } from '@attune/core';
import {
  GraphProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  ValueInfoProtoSchema,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../schema/onnx_pb.js';
import { attributeProto, type NodeAttributes } from '../writer/attributes.js';
import {
  elementTypes,
  type Dimension,
  type ElementType,
  type SymbolicValue,
  type SymbolicWeight,
} from './values.js';

function valueInfo(name: string, elementType: ElementType, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map((length) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof length === 'number'
          ? { case: 'dimValue', value: BigInt(length) }
          : { case: 'dimParam', value: length },
    }),
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: elementTypes[elementType], shape: { dim } } } },
  });
}

/**
 * An ONNX graph some of whose lengths are known only when it runs, written node by node. It knows nothing of the shapes
 * within and simplifies nothing: programs, whose shapes are fixed, are lowered instead.
 */
export class SymbolicGraph {
  private readonly nodes: NodeProto[] = [];
  private readonly inputs: ValueInfoProto[] = [];
  private readonly outputs: ValueInfoProto[] = [];
  private readonly constants = new Map<string, TensorProto>();
  private readonly used = new Map<string, SymbolicWeight>();
  private readonly taken = new Set<string>();
  private path = '';

  constructor(readonly name: string) {}

  /** Weights in the order in which they were first used. */
  get weights(): readonly SymbolicWeight[] {
    return [...this.used.values()];
  }

  /** An input of the model. */
  input(name: string, elementType: ElementType, shape: readonly Dimension[]): SymbolicValue {
    this.inputs.push(valueInfo(this.take(name), elementType, shape));
    return { name };
  }

  /** Makes a value an output of the model. */
  output(name: string, value: SymbolicValue, elementType: ElementType, shape: readonly Dimension[]): void {
    this.outputs.push(valueInfo(this.take(name), elementType, shape));
    this.nodes.push(
      create(NodeProtoSchema, { name: `/${name}`, opType: 'Identity', input: [value.name], output: [name] }),
    );
  }

  /** A node with one output. */
  node(op: string, inputs: readonly SymbolicValue[], attributes: NodeAttributes = {}): SymbolicValue {
    return this.split(op, inputs, 1, attributes)[0]!;
  }

  /** A node with several outputs. */
  split(
    op: string,
    inputs: readonly SymbolicValue[],
    outputs: number,
    attributes: NodeAttributes = {},
  ): readonly SymbolicValue[] {
    const name = this.free(`${this.path}/${op}`);
    const values = Array.from({ length: outputs }, (_, i) => ({ name: this.take(`${name}_output_${i}`) }));
    this.nodes.push(
      create(NodeProtoSchema, {
        name,
        opType: op,
        input: inputs.map((input) => input.name),
        output: values.map((value) => value.name),
        attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
      }),
    );
    return values;
  }

  /** Writes nodes whose names begin with a path, e.g. that of the module they compute. */
  within<T>(path: string, write: () => T): T {
    const outer = this.path;
    this.path = `${outer}/${path}`;
    try {
      return write();
    } finally {
      this.path = outer;
    }
  }

  /** A list of int64: a shape, axes, lengths. */
  ints(values: readonly number[]): SymbolicValue {
    return this.constant(`i64[${values.join()}]`, {
      dims: [BigInt(values.length)],
      dataType: elementTypes.i64,
      int64Data: values.map(BigInt),
    });
  }

  /** One int64. */
  int(value: number): SymbolicValue {
    return this.constant(`i64 ${value}`, { dataType: elementTypes.i64, int64Data: [BigInt(value)] });
  }

  /** One f32. */
  float(value: number): SymbolicValue {
    return this.constant(`f32 ${value}`, { dataType: elementTypes.f32, floatData: [value] });
  }

  /** A list of f32. */
  floats(values: readonly number[]): SymbolicValue {
    return this.constant(`f32[${values.join()}]`, {
      dims: [BigInt(values.length)],
      dataType: elementTypes.f32,
      floatData: [...values],
    });
  }

  /** A tensor that is part of the model, under its own name. */
  weight(weight: SymbolicWeight): SymbolicValue {
    if (!this.used.has(weight.name)) this.used.set(this.take(weight.name), weight);
    return { name: weight.name };
  }

  /**
   * The graph as a message of the schema, without its weights.
   *
   * @internal
   */
  toProto(): GraphProto {
    return create(GraphProtoSchema, {
      name: this.name,
      node: this.nodes,
      initializer: [...this.constants.values()],
      input: this.inputs,
      output: this.outputs,
    });
  }

  private constant(
    key: string,
    content: { dims?: bigint[]; dataType: number; int64Data?: bigint[]; floatData?: number[] },
  ): SymbolicValue {
    const known =
      this.constants.get(key) ?? create(TensorProtoSchema, { name: this.free('constant'), ...content });
    if (!this.constants.has(key)) {
      this.constants.set(key, known);
      this.take(known.name);
    }
    return { name: known.name };
  }

  /** A name like `wanted` that nothing has. */
  private free(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.taken.has(name) || this.taken.has(`${name}_output_0`); i++) name = `${wanted}_${i}`;
    return name;
  }

  private take(name: string): string {
    if (this.taken.has(name)) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `Two values of the ONNX graph ${this.name} are called ${name}.`,
      );
    }
    this.taken.add(name);
    return name;
  }
}
