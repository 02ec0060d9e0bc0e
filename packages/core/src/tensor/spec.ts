/**
 * Element types of a tensor.
 * `f32` computes in float32; `i32` holds indices and counters; `bool` holds masks, a byte each.
 */
export type DType = 'f32' | 'i32' | 'bool';

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
export const bytesPerElement: Readonly<Record<DType, number>> = { f32: 4, i32: 4, bool: 1 };

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
