import { broadcastShapes, broadcastStrides, stridesOf } from './shape.js';
import { allocateHostData, type HostData } from './host-tensor.js';
import { sizeOf, type DType, type Shape, type TensorSpec } from './spec.js';

/** In which precision f32 tensors are held while a program is interpreted. Sums are always carried in float64. */
export type Precision = 'f32' | 'f64';

/** Storage of the interpreter: of a storage type, the elements as they are stored. */
export type NumberArray = HostData | Float64Array;

/** Named arrays that go into or come out of the interpreter. */
export type NdArrays = Readonly<Record<string, NdArray>>;

/** Makes an array of zeros in the interpreter's precision. */
export type Allocate = (spec: TensorSpec) => NdArray;

/** A dense row-major array in host memory: what reference rules compute on. */
export class NdArray implements TensorSpec {
  constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    readonly data: NumberArray,
  ) {}

  get size(): number {
    return this.data.length;
  }

  /** A new array of the same shape and dtype. */
  map(f: (value: number, index: number) => number): NdArray {
    return new NdArray(this.shape, this.dtype, this.data.map(f));
  }

  /** The same elements under another shape. Shares the data: no reference rule writes to an input. */
  reshape(shape: Shape): NdArray {
    return new NdArray(shape, this.dtype, this.data);
  }
}

/** An {@link Allocate} for a precision. */
export function allocator(precision: Precision): Allocate {
  return ({ shape, dtype }) => {
    const size = sizeOf(shape);
    const isWider = dtype === 'f32' && precision === 'f64';
    return new NdArray(shape, dtype, isWider ? new Float64Array(size) : allocateHostData(dtype, size));
  };
}

/**
 * Calls `visit` for each element of a shape in row-major order, with the element's offsets under each of the given
 * stride lists. The one loop nest behind broadcasting, transposing, slicing and reducing.
 */
export function forEachOffset(
  shape: Shape,
  strides: readonly (readonly number[])[],
  visit: (index: number, offsets: readonly number[]) => void,
): void {
  const size = sizeOf(shape);
  const rank = shape.length;
  const position = new Array<number>(rank).fill(0);
  const offsets = new Array<number>(strides.length).fill(0);
  for (let index = 0; index < size; index++) {
    visit(index, offsets);
    for (let axis = rank - 1; axis >= 0; axis--) {
      position[axis]!++;
      for (let s = 0; s < strides.length; s++) offsets[s]! += strides[s]![axis]!;
      if (position[axis]! < shape[axis]!) break;
      for (let s = 0; s < strides.length; s++) offsets[s]! -= strides[s]![axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
}

/** Where the elements of a result are in an array that broadcasts to it; `undefined` if they are in the same places. */
function positionsIn(array: NdArray, shape: Shape, size: number): Int32Array | undefined {
  if (array.size === size) return undefined;
  const positions = new Int32Array(size);
  if (array.size === 1) return positions;
  forEachOffset(shape, [broadcastStrides(array.shape, shape)], (index, [offset]) => {
    positions[index] = offset!;
  });
  return positions;
}

/** Combines two or three arrays element by element under broadcasting. */
export function zip(
  allocate: Allocate,
  dtype: DType,
  arrays: readonly [NdArray, NdArray, NdArray?],
  f: (...values: number[]) => number,
): NdArray {
  const given = arrays.flatMap((array) => array ?? []);
  const shape = given.map((array) => array.shape).reduce((a, b) => broadcastShapes('zip', a, b));
  const out = allocate({ shape, dtype });
  const { size } = out;
  const [a, b, c] = arrays;
  const [atA, atB, atC] = given.map((array) => positionsIn(array, shape, size));
  for (let i = 0; i < size; i++) {
    const [x, y] = [a.data[atA ? atA[i]! : i]!, b.data[atB ? atB[i]! : i]!];
    // Functions of two numbers get no third: Math.max takes as many as come.
    out.data[i] = c ? f(x, y, c.data[atC ? atC[i]! : i]!) : f(x, y);
  }
  return out;
}

/** Copies elements into a new array of `shape`, reading with `strides` from `start` on. */
export function gatherStrided(
  allocate: Allocate,
  source: NdArray,
  shape: Shape,
  strides: readonly number[],
  start = 0,
): NdArray {
  const out = allocate({ shape, dtype: source.dtype });
  forEachOffset(shape, [strides], (index, [offset]) => {
    out.data[index] = source.data[start + offset!]!;
  });
  return out;
}

/** Folds the elements along `axes` into one each, in float64, and stores the result under `shape`. */
export function reduce(
  allocate: Allocate,
  source: NdArray,
  axes: readonly number[],
  shape: Shape,
  initial: number,
  f: (accumulated: number, value: number) => number,
): NdArray {
  const out = allocate({ shape, dtype: source.dtype });
  const reduced = new Set(axes);
  const kept = source.shape.map((length, axis) => (reduced.has(axis) ? 1 : length));
  const keptStrides = stridesOf(kept).map((stride, axis) => (reduced.has(axis) ? 0 : stride));
  const accumulated = new Float64Array(out.size).fill(initial);
  forEachOffset(source.shape, [keptStrides], (index, [offset]) => {
    accumulated[offset!] = f(accumulated[offset!]!, source.data[index]!);
  });
  out.data.set(accumulated);
  return out;
}
