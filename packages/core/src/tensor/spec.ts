import { AttuneError } from '../errors/index.js';

/** Element types that ops compute with: `f32`; `i32` for indices and counters; `bool` for masks, a byte each. */
export type ComputeDType = 'f32' | 'i32' | 'bool';

/**
 * Element types that tensors are only stored in, bfloat16, float16 and 8-bit whole numbers: `cast` widens them to f32, and no
 * other op takes them.
 */
export type StorageDType = 'bf16' | 'f16' | 'i8';

/** Element types of a tensor. */
export type DType = ComputeDType | StorageDType;

/** Lengths of a tensor's axes, outermost first. `[]` is a scalar. Static: known before anything runs. */
export type Shape = readonly number[];

/** Shape and dtype of a tensor: everything the graph knows of it. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Named specs, e.g. the parameters of a model or the fields of a batch. */
export type TensorSpecs = Readonly<Record<string, TensorSpec>>;

/** Bytes of one element as it is stored. */
export const bytesPerElement: Readonly<Record<DType, number>> = {
  ...{ f32: 4, i32: 4, bool: 1 },
  ...{ bf16: 2, f16: 2, i8: 1 },
};

/** True for a dtype that tensors are only stored in. */
export function isStorage(dtype: DType): dtype is StorageDType {
  return dtype === 'bf16' || dtype === 'f16' || dtype === 'i8';
}

/**
 * A dtype that ops compute with, for engines that have no others.
 *
 * @throws AttuneError DTYPE_MISMATCH for a storage type: what such an engine is handed was checked before.
 */
export function computeDType(dtype: DType): ComputeDType {
  if (isStorage(dtype)) throw new AttuneError('DTYPE_MISMATCH', `There is no ${dtype} here.`);
  return dtype;
}

/** Number of elements of a tensor of this shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Bytes a tensor occupies. */
export function bytesOf(spec: TensorSpec): number {
  return sizeOf(spec.shape) * bytesPerElement[spec.dtype];
}

/** `f32[2, 3]`, for messages. */
export function formatSpec(spec: TensorSpec): string {
  return `${spec.dtype}[${spec.shape.join(', ')}]`;
}

/** True if two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** True if two specs have the same shape and dtype. */
export function sameSpec(a: TensorSpec, b: TensorSpec): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}
