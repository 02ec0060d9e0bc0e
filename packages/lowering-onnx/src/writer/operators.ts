import { broadcastShapes, hostTensor, reducedShape, sizeOf, type DType, type Shape } from '@attune/core';
import type { Target } from './target.js';
import type { NodeAttributes } from './attributes.js';
import { MICROSOFT, type GraphWriter, type OnnxValue } from './graph-writer.js';
import { dataTypeOf } from './protos.js';

/** More elements than this are summed in two stages: one running f32 sum would lose digits. */
const LONGEST_SUM = 2048;

/** How many tensors one node joins or parts: with one more, as many as a shader of WebGPU can count on. */
const FAN = 7;

type Operand = OnnxValue | number;

/** ONNX operators as methods that know the shapes of their results: the vocabulary rules are written in. */
export class Operators {
  constructor(
    readonly w: GraphWriter,
    readonly target: Target,
  ) {}

  private operand(x: Operand, dtype: DType): OnnxValue {
    return typeof x === 'number' ? this.w.scalar(x, dtype) : x;
  }

  unary(op: string, x: OnnxValue): OnnxValue {
    return this.w.apply(op, [x], x);
  }

  /** An elementwise operator on two operands that broadcast; `dtype` is the result's, where it is another one. */
  binary(op: string, a: Operand, b: Operand, dtype?: DType): OnnxValue {
    const own = typeof a !== 'number' ? a.dtype : typeof b !== 'number' ? b.dtype : 'f32';
    const [left, right] = [this.operand(a, own), this.operand(b, own)];
    const shape = broadcastShapes(op, left.shape, right.shape);
    return this.w.apply(op, [left, right], { shape, dtype: dtype ?? own });
  }

  add(a: Operand, b: Operand): OnnxValue {
    return this.binary('Add', a, b);
  }
  sub(a: Operand, b: Operand): OnnxValue {
    return this.binary('Sub', a, b);
  }
  mul(a: Operand, b: Operand): OnnxValue {
    return this.binary('Mul', a, b);
  }
  div(a: Operand, b: Operand): OnnxValue {
    return this.binary('Div', a, b);
  }
  equal(a: Operand, b: Operand): OnnxValue {
    return this.binary('Equal', a, b, 'bool');
  }

  where(condition: OnnxValue, a: Operand, b: Operand): OnnxValue {
    const dtype = typeof a !== 'number' ? a.dtype : typeof b !== 'number' ? b.dtype : 'f32';
    const [left, right] = [this.operand(a, dtype), this.operand(b, dtype)];
    const shape = [condition, left, right]
      .map((value) => value.shape)
      .reduce((x, y) => broadcastShapes('Where', x, y));
    return this.w.apply('Where', [condition, left, right], { shape, dtype });
  }

  cast(x: OnnxValue, dtype: DType): OnnxValue {
    if (x.dtype === dtype) return x;
    return this.w.apply('Cast', [x], { shape: x.shape, dtype }, { to: { int: dataTypeOf(dtype) } });
  }

  reshape(x: OnnxValue, shape: Shape): OnnxValue {
    if (shape.length === x.shape.length && shape.every((length, i) => length === x.shape[i])) return x;
    // A 0 in the shape means "as in the input", unless this says that it means 0.
    const attributes: NodeAttributes = shape.includes(0) ? { allowzero: { int: 1 } } : {};
    return this.w.apply('Reshape', [x, this.w.ints(shape)], { shape, dtype: x.dtype }, attributes);
  }

  transpose(x: OnnxValue, perm: readonly number[]): OnnxValue {
    const shape = perm.map((axis) => x.shape[axis]!);
    return this.w.apply('Transpose', [x], { shape, dtype: x.dtype }, { perm: { ints: perm } });
  }

  /** With the last two axes exchanged. */
  private flip(x: OnnxValue): OnnxValue {
    const rank = x.shape.length;
    const perm = x.shape.map((_, i) => (i < rank - 2 ? i : rank - 1 - (i - rank + 2)));
    return this.transpose(x, perm);
  }

  expand(x: OnnxValue, shape: Shape): OnnxValue {
    return this.w.apply('Expand', [x, this.w.ints(shape)], { shape, dtype: x.dtype });
  }

  /** `0 … depth − 1`, i32. */
  range(depth: number): OnnxValue {
    const values = Int32Array.from({ length: depth }, (_, i) => i);
    return this.w.constant(hostTensor('i32', [depth], values), `0 to ${depth}`);
  }

  /** `length` elements along one axis, from `start` on. */
  take(x: OnnxValue, axis: number, start: number, length: number): OnnxValue {
    const values = Int32Array.from({ length }, (_, i) => start + i);
    const indices = this.w.constant(hostTensor('i32', [length], values), `${start} to ${start + length}`);
    const shape = x.shape.map((own, i) => (i === axis ? length : own));
    return this.w.apply('Gather', [x, indices], { shape, dtype: x.dtype }, { axis: { int: axis } });
  }

  /** `i32[…] → f32[…, depth]`. */
  oneHot(indices: OnnxValue, depth: number): OnnxValue {
    return this.cast(this.equal(this.reshape(indices, [...indices.shape, 1]), this.range(depth)), 'f32');
  }

  mean(x: OnnxValue, axis: number, keepDims = true): OnnxValue {
    const shape = reducedShape(x.shape, [axis], keepDims);
    const attributes = { axes: { ints: [axis] }, keepdims: { int: Number(keepDims) } };
    return this.w.apply('ReduceMean', [x], { shape, dtype: x.dtype }, attributes);
  }

  max(x: OnnxValue, axes: readonly number[], keepDims: boolean): OnnxValue {
    const shape = reducedShape(x.shape, axes, keepDims);
    const attributes = { axes: { ints: axes }, keepdims: { int: Number(keepDims) } };
    return this.w.apply('ReduceMax', [x], { shape, dtype: x.dtype }, attributes);
  }

  /** The sum along axes, in two stages along those that are long. */
  sum(x: OnnxValue, axes: readonly number[], keepDims: boolean): OnnxValue {
    const shape = reducedShape(x.shape, axes, keepDims);
    const runs = consecutiveRuns(axes);
    if (runs.every((run) => sizeOf(run.map((axis) => x.shape[axis]!)) <= LONGEST_SUM)) {
      return this.sumOnce(x, axes, keepDims, shape);
    }
    // From the last run to the first, so that the positions of the earlier ones stay as they are.
    let rest = x;
    for (const run of runs.reverse()) {
      const before = rest.shape.slice(0, run[0]);
      const after = rest.shape.slice(run.at(-1)! + 1);
      const count = sizeOf(rest.shape.slice(run[0], run.at(-1)! + 1));
      const flat = this.reshape(rest, [sizeOf(before), count, sizeOf(after)]);
      rest = this.reshape(this.sumMiddle(flat), [...before, ...run.map(() => 1), ...after]);
    }
    return this.reshape(rest, shape);
  }

  /** The sum of all squares, a scalar, in stages as {@link sum}. */
  sumOfSquares(x: OnnxValue): OnnxValue {
    const count = sizeOf(x.shape);
    const length = count <= LONGEST_SUM ? count : stageLength(count);
    const stages = Math.ceil(count / length);
    const missing = stages * length - count;
    let flat = x;
    if (missing > 0) {
      const padded = { shape: [count + missing], dtype: x.dtype };
      flat = this.w.apply('Pad', [this.reshape(x, [count]), this.w.ints([0, missing])], padded);
    }
    const sums = this.w.apply(
      'ReduceSumSquare',
      [this.reshape(flat, [stages, length])],
      { shape: [stages], dtype: x.dtype },
      { axes: { ints: [1] }, keepdims: { int: 0 } },
    );
    return stages === 1 ? this.reshape(sums, []) : this.sum(sums, [0], false);
  }

  /** All elements of tensors, one after the other: `[Σ sizes]`. */
  join(values: readonly OnnxValue[]): OnnxValue {
    const flat = values.map((value) => this.reshape(value, [sizeOf(value.shape)]));
    if (flat.length === 1) return flat[0]!;
    if (flat.length > FAN && this.target === 'webgpu') {
      return this.join(inGroups(flat).map((group) => this.join(group)));
    }
    const shape = [flat.reduce((sum, value) => sum + value.shape[0]!, 0)];
    return this.w.apply('Concat', flat, { shape, dtype: flat[0]!.dtype }, { axis: { int: 0 } });
  }

  /** Tensors of these shapes, whose elements lie one after the other: what {@link join} joined. */
  part(flat: OnnxValue, shapes: readonly Shape[]): OnnxValue[] {
    if (shapes.length === 1) return [this.reshape(flat, shapes[0]!)];
    if (shapes.length > FAN && this.target === 'webgpu') {
      const groups = inGroups(shapes);
      const wholes = groups.map((group) => [group.reduce((sum, shape) => sum + sizeOf(shape), 0)]);
      return this.part(flat, wholes).flatMap((whole, i) => this.part(whole, groups[i]!));
    }
    const sizes = shapes.map(sizeOf);
    const specs = sizes.map((size) => ({ shape: [size], dtype: flat.dtype }));
    const pieces = this.w.applyAll('Split', [flat, this.w.ints(sizes)], specs, { axis: { int: 0 } });
    return pieces.map((piece, i) => this.reshape(piece, shapes[i]!));
  }

  private sumOnce(x: OnnxValue, axes: readonly number[], keepDims: boolean, shape: Shape): OnnxValue {
    const attributes = { keepdims: { int: Number(keepDims) } };
    return this.w.apply('ReduceSum', [x, this.w.ints(axes)], { shape, dtype: x.dtype }, attributes);
  }

  /** `[outer, count, inner] → [outer, inner]`. */
  private sumMiddle(x: OnnxValue): OnnxValue {
    const [outer, count, inner] = x.shape as [number, number, number];
    if (count <= LONGEST_SUM) return this.sumRows(x, [outer, count, inner]);
    const length = stageLength(count);
    const stages = Math.ceil(count / length);
    const missing = stages * length - count;
    const padded =
      missing === 0
        ? x
        : this.w.apply('Pad', [x, this.w.ints([0, 0, 0, 0, missing, 0])], {
            shape: [outer, count + missing, inner],
            dtype: x.dtype,
          });
    const partial = this.sumRows(padded, [outer * stages, length, inner]);
    return this.sumMiddle(this.reshape(partial, [outer, stages, inner]));
  }

  /** `x`, read as `[outer, count, inner]`, to `[outer, inner]`. Of rank 2 where it can be: those nodes are fast. */
  private sumRows(x: OnnxValue, [outer, count, inner]: readonly [number, number, number]): OnnxValue {
    if (inner === 1) {
      const sums = this.sumOnce(this.reshape(x, [outer, count]), [1], false, [outer]);
      return this.reshape(sums, [outer, 1]);
    }
    if (outer === 1) {
      return this.reshape(this.sumOnce(this.reshape(x, [count, inner]), [0], false, [inner]), [1, inner]);
    }
    return this.sumOnce(this.reshape(x, [outer, count, inner]), [1], false, [outer, inner]);
  }

  /** `alpha · a · b` over the last two axes, as core's matmul; `b` may be one matrix for all of a batch. */
  matmul(a: OnnxValue, b: OnnxValue, { transposeA = false, transposeB = false, alpha = 1 } = {}): OnnxValue {
    const batch = a.shape.slice(0, -2);
    const m = a.shape.at(transposeA ? -1 : -2)!;
    const n = b.shape.at(transposeB ? -2 : -1)!;
    const out = { shape: [...batch, m, n], dtype: 'f32' } as const;
    if (!transposeA && !transposeB && alpha === 1) return this.w.apply('MatMul', [a, b], out);
    const flags = { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } };
    const scale = { alpha: { float: alpha } };
    if (a.shape.length === 2 && b.shape.length === 2) {
      return this.w.apply('Gemm', [a, b], out, { ...flags, ...scale });
    }
    if (this.target === 'cpu') {
      return this.w.apply('FusedMatMul', [a, b], out, { ...flags, ...scale }, MICROSOFT);
    }
    if (b.shape.length === 2 && !transposeA) {
      const rows = this.reshape(a, [sizeOf(a.shape) / a.shape.at(-1)!, a.shape.at(-1)!]);
      return this.reshape(this.matmul(rows, b, { transposeB, alpha }), out.shape);
    }
    const product = this.matmul(transposeA ? this.flip(a) : a, transposeB ? this.flip(b) : b);
    return alpha === 1 ? product : this.mul(product, alpha);
  }
}

/** In groups of at most {@link FAN}. */
function inGroups<T>(values: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(values.length / FAN) }, (_, i) =>
    values.slice(i * FAN, (i + 1) * FAN),
  );
}

/** Axes in order, grouped where they are neighbours. */
function consecutiveRuns(axes: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const axis of axes) {
    if (runs.length > 0 && runs.at(-1)!.at(-1) === axis - 1) runs.at(-1)!.push(axis);
    else runs.push([axis]);
  }
  return runs;
}

/** How many elements one sum of the first stage takes: a divisor near the root if there is one, else the root. */
function stageLength(count: number): number {
  const root = Math.min(LONGEST_SUM, Math.ceil(Math.sqrt(count)));
  for (let length = root; length >= root / 8; length--) if (count % length === 0) return length;
  return root;
}
