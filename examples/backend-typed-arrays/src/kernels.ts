import { sizeOf, type NdArray, type OpName, type OpNode, type TensorSpec } from '@attune/core';

/** Computes one op: the elements of its only result, in the order of memory. */
export type Kernel = (
  inputs: readonly NdArray[],
  attrs: OpNode['attrs'],
  result: TensorSpec,
) => Float32Array<ArrayBuffer>;

/** The data of a float32 tensor. */
const floats = ({ data }: NdArray) => data as Float32Array;

/**
 * `[…, M, K] × […, K, N]`, either operand read as it lies or transposed, the second one matrix or a batch of them. The inner loop
 * runs along memory in all four cases, which is what makes it faster than the reference rule.
 */
const matmul: Kernel = ([a, b], { transposeA, transposeB }, { shape }) => {
  const [m, n] = shape.slice(-2) as [number, number];
  const k = a!.shape.at(transposeA ? -2 : -1)!;
  const out = new Float32Array(sizeOf(shape));
  const batches = m * n === 0 ? 0 : out.length / (m * n);
  const stepB = b!.shape.length === 2 ? 0 : k * n;
  const [left, right] = [floats(a!), floats(b!)];
  const row = new Float64Array(n);
  for (let batch = 0; batch < batches; batch++) {
    const [atA, atB] = [batch * m * k, batch * stepB];
    for (let i = 0; i < m; i++) {
      row.fill(0);
      if (transposeB) {
        for (let j = 0; j < n; j++) {
          let total = 0;
          for (let l = 0; l < k; l++) {
            total += left[atA + (transposeA ? l * m + i : i * k + l)]! * right[atB + j * k + l]!;
          }
          row[j] = total;
        }
      } else {
        for (let l = 0; l < k; l++) {
          const factor = left[atA + (transposeA ? l * m + i : i * k + l)]!;
          const from = atB + l * n;
          for (let j = 0; j < n; j++) row[j]! += factor * right[from + j]!;
        }
      }
      out.set(row, (batch * m + i) * n);
    }
  }
  return out;
};

/** Arithmetic of two tensors of one shape, or of a tensor and a number; other shapes go by the reference rule. */
const binary =
  (compute: (x: number, y: number) => number): Kernel =>
  ([a, b], _attrs, { shape }) => {
    const [x, y] = [floats(a!), floats(b!)];
    const [stepX, stepY] = [Number(x.length > 1), Number(y.length > 1)];
    const out = new Float32Array(sizeOf(shape));
    for (let i = 0; i < out.length; i++) out[i] = compute(x[i * stepX]!, y[i * stepY]!);
    return out;
  };

const kernels: Readonly<Partial<Record<OpName, Kernel>>> = {
  matmul,
  add: binary((x, y) => x + y),
  sub: binary((x, y) => x - y),
  mul: binary((x, y) => x * y),
};

/** The kernel for a node, or none where its op, its dtype or its shapes have none. */
export function kernelFor(op: OpName, inputs: readonly NdArray[], result: TensorSpec): Kernel | undefined {
  if (!inputs.every(({ dtype }) => dtype === 'f32')) return undefined;
  if (op === 'matmul') return kernels.matmul;
  const size = sizeOf(result.shape);
  return inputs.every((input) => input.size === size || input.size === 1) ? kernels[op] : undefined;
}
