import { create } from '@bufbuild/protobuf';
import type { DType, HostTensor, TensorSpec } from '@attune/core';
import {
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  ValueInfoProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from '../schema/onnx_pb.js';

const dataTypes: Readonly<Record<DType, DataType>> = {
  f32: DataType.FLOAT,
  i32: DataType.INT32,
  bool: DataType.BOOL,
};

/** The number ONNX gives a dtype, e.g. as what `Cast` casts to. */
export function dataTypeOf(dtype: DType): number {
  return dataTypes[dtype];
}

/** The name, dtype and shape of an input or output. */
export function valueInfoProto(name: string, { shape, dtype }: TensorSpec): ValueInfoProto {
  const dim = shape.map((length) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(length) } }),
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: dataTypes[dtype], shape: { dim } } } },
  });
}

/** A tensor that is part of a model. Its bytes are little-endian, as they are on every machine that runs attune. */
export function tensorProto(name: string, { shape, dtype, data }: HostTensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: dataTypes[dtype],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
  });
}

/** A list of int64, the form in which operators take shapes and axes. */
export function int64Proto(name: string, values: readonly number[]): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: [BigInt(values.length)],
    dataType: DataType.INT64,
    int64Data: values.map(BigInt),
  });
}
