import { create } from '@bufbuild/protobuf';
import type { HostTensor } from '@attune/core';
import {
  GraphProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  ValueInfoProtoSchema,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../schema/onnx_pb.js';
import { attributeProto } from './attributes.js';
import type { ElementType, Initializer, OnnxGraph, OnnxNode, Port, Weight } from './graph.js';

const dataTypes: Readonly<Record<ElementType, DataType>> = {
  f32: DataType.FLOAT,
  f16: DataType.FLOAT16,
  bf16: DataType.BFLOAT16,
  i8: DataType.INT8,
  i32: DataType.INT32,
  i64: DataType.INT64,
  bool: DataType.BOOL,
};

/** The number ONNX gives a dtype, e.g. as what `Cast` casts to. */
export function dataTypeOf(elementType: ElementType): number {
  return dataTypes[elementType];
}

/** The name, dtype and shape of an input or output. */
function valueInfoProto({ name, elementType, shape }: Port): ValueInfoProto {
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
    type: { value: { case: 'tensorType', value: { elemType: dataTypes[elementType], shape: { dim } } } },
  });
}

/** A tensor that is part of a model. Its bytes are little-endian, as they are on every machine that runs attune. */
function tensorProto(name: string, { shape, dtype, data }: HostTensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: dataTypes[dtype],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
  });
}

/** A list of int64, the form in which operators take shapes and axes. */
function int64Proto(name: string, values: readonly number[]): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: [BigInt(values.length)],
    dataType: DataType.INT64,
    int64Data: values.map(BigInt),
  });
}

/** A weight without its elements. */
export function weightHeader({ shape, elementType }: Weight, name: string): TensorProto {
  return create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: dataTypes[elementType] });
}

/** The name of a value in the model. */
export function nameOf({ names }: OnnxGraph, id: number): string {
  return names.get(id) ?? `%${id}`;
}

function initializerProtos(initializer: Initializer, name: string): TensorProto[] {
  if (initializer.kind === 'ints') return [int64Proto(name, initializer.values)];
  return initializer.kind === 'tensor' ? [tensorProto(name, initializer.tensor)] : [];
}

function nodeProto(
  graph: OnnxGraph,
  { op, domain, inputs, outputs, attributes }: OnnxNode,
  used: Set<number>,
): NodeProto {
  return create(NodeProtoSchema, {
    name: `${op}.${outputs[0]!.id}`,
    opType: op,
    domain,
    input: inputs.map((id) => (id === undefined ? '' : nameOf(graph, id))),
    output: outputs.map(({ id }) => (used.has(id) ? nameOf(graph, id) : '')),
    attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
  });
}

/** A graph as a message of the schema, without its weights. */
export function graphProto(graph: OnnxGraph): GraphProto {
  const { name, nodes, initializers, inputs, outputs } = graph;
  const used = new Set(outputs.map(({ id }) => id));
  for (const node of nodes) for (const id of node.inputs) if (id !== undefined) used.add(id);
  return create(GraphProtoSchema, {
    name,
    node: nodes.map((node) => nodeProto(graph, node, used)),
    initializer: [...initializers].flatMap(([id, one]) => initializerProtos(one, nameOf(graph, id))),
    input: inputs.map(valueInfoProto),
    output: outputs.map(valueInfoProto),
  });
}
