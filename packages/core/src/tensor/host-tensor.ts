import { AttuneError } from '../errors/index.js';
import { narrowElement, narrowInto, widenElement, widenInto, type NarrowFloat } from './narrow.js';
import {
  formatSpec,
  isStorage,
  sizeOf,
  type DType,
  type Shape,
  type StorageDType,
  type TensorSpec,
} from './spec.js';

/** Arrays a host tensor can hold. */
export type HostData = Float32Array | Int32Array | Uint8Array | Uint16Array | Int8Array;

/** The typed array that holds elements of each dtype on the host: the bits of narrow floats. */
export interface HostArrays {
  f32: Float32Array;
  i32: Int32Array;
  bool: Uint8Array;
  bf16: Uint16Array;
  f16: Uint16Array;
  i8: Int8Array;
}

/** A tensor in host memory, row-major: what goes into a run and what comes out of one. */
export interface HostTensor<D extends DType = DType> {
  readonly shape: Shape;
  readonly dtype: D;
  readonly data: HostArrays[D];
}

/** Named tensors in host memory. */
export type HostTensors = Readonly<Record<string, HostTensor>>;

/** A tensor whose numbers are read when they are asked for, so that a large model need not be in memory as a whole. */
export interface LazyTensor extends TensorSpec {
  /** Its numbers: where its spec says f32, perhaps in bf16 or f16, in which they are stored. Each call reads them anew. */
  load(): Promise<HostTensor>;
}

/** Tensors by name, some of which are read only when they are used. */
export type TensorSource = Readonly<Record<string, HostTensor | LazyTensor>>;

/** The tensor with its numbers. */
export async function loaded(tensor: HostTensor | LazyTensor): Promise<HostTensor> {
  return 'load' in tensor ? tensor.load() : tensor;
}

/** Classes of the arrays that hold elements of each dtype on the host. */
export const hostArrayTypes = {
  ...({ f32: Float32Array, i32: Int32Array, bool: Uint8Array } as const),
  ...({ bf16: Uint16Array, f16: Uint16Array, i8: Int8Array } as const),
};

/**
 * An array of zeros for `size` elements of a dtype.
 *
 * @throws AttuneError OUT_OF_MEMORY
 */
export function allocateHostData<D extends DType>(dtype: D, size: number): HostArrays[D] {
  try {
    return new hostArrayTypes[dtype](size) as HostArrays[D];
  } catch (cause) {
    throw new AttuneError(
      'OUT_OF_MEMORY',
      `There is no memory for an array of ${size} elements (${dtype}).`,
      {
        cause,
        fix: 'Lower the sizes of the model or of the batch.',
        data: { elements: size },
      },
    );
  }
}

/**
 * A host tensor from an array or a list of numbers. A typed array of the right kind is used as it is, not copied; numbers of
 * a list are rounded to narrow floats.
 *
 * @throws AttuneError SHAPE_MISMATCH if the number of elements is not that of the shape.
 */
export function hostTensor<D extends DType>(
  dtype: D,
  shape: Shape,
  values: HostArrays[D] | readonly number[],
): HostTensor<D> {
  const size = sizeOf(shape);
  if (values.length !== size) {
    throw new AttuneError(
      'SHAPE_MISMATCH',
      `${formatSpec({ dtype, shape })} has ${size} elements, but ${values.length} were given.`,
    );
  }
  const Data = hostArrayTypes[dtype];
  if (values instanceof Data) return { dtype, shape, data: values as HostArrays[D] };
  const numbers = values as readonly number[];
  const elements =
    dtype === 'bf16' || dtype === 'f16' ? numbers.map((value) => narrowElement(dtype, value)) : numbers;
  return { dtype, shape, data: Data.from(elements) as HostArrays[D] };
}

/** A float32 scalar. */
export function scalar(value: number): HostTensor<'f32'> {
  return hostTensor('f32', [], [value]);
}

/** A tensor of zeros. */
export function zeros(spec: TensorSpec): HostTensor {
  return { shape: spec.shape, dtype: spec.dtype, data: allocateHostData(spec.dtype, sizeOf(spec.shape)) };
}

/** True if a tensor holds as many elements as its shape says. */
export function hasAllElements({ shape, data }: HostTensor): boolean {
  return data.length === sizeOf(shape);
}

/** The one element of a scalar, or of any tensor of size 1. */
export function item(tensor: HostTensor | undefined): number {
  if (tensor?.data.length !== 1) {
    throw new AttuneError(
      'SHAPE_MISMATCH',
      `Expected a tensor of one element, but got ${tensor ? formatSpec(tensor) : 'nothing'}.`,
    );
  }
  const element = tensor.data[0]!;
  return isStorage(tensor.dtype) ? widenElement(tensor.dtype, element) : element;
}

/** A tensor of a storage type as the float32 that it stands for. */
export function widened({ dtype, shape, data }: HostTensor<StorageDType>): HostTensor<'f32'> {
  const wide = new Float32Array(data.length);
  widenInto(wide, dtype, data);
  return { dtype: 'f32', shape, data: wide };
}

/** A float32 tensor in a storage type, rounded to nearest, ties to even. */
export function narrowed<D extends NarrowFloat>(dtype: D, { shape, data }: HostTensor<'f32'>): HostTensor<D> {
  const narrow = new Uint16Array(data.length);
  narrowInto(narrow, dtype, data);
  return { dtype, shape, data: narrow } as HostTensor<D>;
}
