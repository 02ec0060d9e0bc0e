import { TensorProto_DataType as DataType } from '../schema/onnx_pb.js';

/** The dtype of a tensor in an exported model. */
export type ElementType = 'f32' | 'f16' | 'i64' | 'bool';

/** ONNX's number of each. */
export const elementTypes: Readonly<Record<ElementType, DataType>> = {
  f32: DataType.FLOAT,
  f16: DataType.FLOAT16,
  i64: DataType.INT64,
  bool: DataType.BOOL,
};

/** A length, or the name of one that is known only when the model runs: equal names are equal lengths. */
export type Dimension = number | string;

/** A value of a {@link SymbolicGraph}. */
export interface SymbolicValue {
  /** In the model. */
  readonly name: string;
}

/** A tensor that is part of a model, and is read only when the model is written. */
export interface SymbolicWeight {
  readonly name: string;
  readonly elementType: 'f32' | 'f16';
  readonly shape: readonly number[];
  /** Its elements, little-endian: as many bytes as the shape asks for. */
  read(): Promise<Uint8Array>;
}

/** Bytes of a weight. */
export function weightBytes({ elementType, shape }: SymbolicWeight): number {
  return shape.reduce((size, length) => size * length, elementType === 'f32' ? 4 : 2);
}
