import { expectInputs, expectRank, expectShape } from '../tensor/checks.js';
import { formatSpec, sameShape, type Shape, type TensorSpec } from '../tensor/index.js';
import type { NdArray } from '../tensor/nd-array.js';
import { definePrimitive } from './define.js';

/** How an operand is read: with its last two axes exchanged, or not. */
export interface MatmulAttributes extends Readonly<Record<string, boolean>> {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Sizes of a matrix product: `batch` products of `[m, k] × [k, n]`. */
export interface MatmulSizes {
  readonly batch: Shape;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/**
 * The sizes of a matrix product of these operands.
 *
 * @throws AttuneError SHAPE_MISMATCH if they do not fit.
 */
function matmulSizes(a: TensorSpec, b: TensorSpec, attrs: MatmulAttributes): MatmulSizes {
  const { transposeA, transposeB } = attrs;
  expectRank('matmul', 'a', a, 2);
  expectRank('matmul', 'b', b, 2);
  const [rows, columns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [columns, rows] : [rows, columns];
  const [bK, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  const batch = a.shape.slice(0, -2);
  const shared = b.shape.length === 2 && a.shape.length > 2;
  expectShape(
    k === bK && (shared ? !transposeA : sameShape(batch, b.shape.slice(0, -2))),
    () =>
      `matmul: ${formatSpec(a)}${transposeA ? 'ᵀ' : ''} × ${formatSpec(b)}${transposeB ? 'ᵀ' : ''} do not fit: ` +
      (k === bK ? 'leading axes differ.' : `inner lengths are ${k} and ${bK}.`),
  );
  return { batch, m, k, n };
}

/**
 * Matrix product over the last two axes: `[…, M, K] × […, K, N] → […, M, N]`. Leading axes are equal, or `b` is one
 * matrix for all of them.
 *
 * Gradient, without the flags: `da = dy · bᵀ`, `db = aᵀ · dy`.
 */
export const matmul = definePrimitive<MatmulAttributes>({
  name: 'matmul',
  infer: (inputs, attrs) => {
    expectInputs('matmul', inputs, ['f32', 'f32']);
    const { batch, m, n } = matmulSizes(inputs[0]!, inputs[1]!, attrs);
    return [{ shape: [...batch, m, n], dtype: 'f32' }];
  },
  grad: (g, { inputs: [a, b], attrs: { transposeA, transposeB }, dOutput: dy }) => {
    const da = transposeA
      ? g.matmul(b!, dy, { transposeA: transposeB, transposeB: true })
      : g.matmul(dy, b!, { transposeB: !transposeB });
    // One matrix for a whole batch: its gradient is one product over all rows of the batch.
    const shared = b!.rank === 2 && a!.rank > 2;
    const rowsA = shared ? g.reshape(a!, [-1, a!.shape.at(-1)!]) : a!;
    const rowsDy = shared ? g.reshape(dy, [-1, dy.shape.at(-1)!]) : dy;
    const db = transposeB
      ? g.matmul(rowsDy, rowsA, { transposeA: true, transposeB: transposeA })
      : g.matmul(rowsA, rowsDy, { transposeA: !transposeA });
    return [da, db];
  },
  reference: ([a, b], attrs, allocate) => {
    const { batch, m, k, n } = matmulSizes(a!, b!, attrs);
    const out = allocate({ shape: [...batch, m, n], dtype: 'f32' });
    const products = out.size / (m * n || 1);
    const strideB = b!.shape.length === 2 ? 0 : k * n;
    for (let p = 0; p < products; p++)
      multiply(a!, p * m * k, b!, p * strideB, out, p * m * n, { m, k, n }, attrs);
    return [out];
  },
});

/** One product `[m, k] × [k, n]` at the given offsets, each element summed in float64. */
function multiply(
  a: NdArray,
  aStart: number,
  b: NdArray,
  bStart: number,
  out: NdArray,
  outStart: number,
  { m, k, n }: Omit<MatmulSizes, 'batch'>,
  { transposeA, transposeB }: MatmulAttributes,
): void {
  const [aRow, aColumn] = transposeA ? [1, m] : [k, 1];
  const [bRow, bColumn] = transposeB ? [1, k] : [n, 1];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let total = 0;
      for (let l = 0; l < k; l++) {
        total += a.data[aStart + i * aRow + l * aColumn]! * b.data[bStart + l * bRow + j * bColumn]!;
      }
      out.data[outStart + i * n + j] = total;
    }
  }
}
