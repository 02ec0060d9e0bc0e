import { allocator, opDefinition, type NdArray } from '@attune/core';
import { primitiveOps, type Computation, type Fault } from '../interpreter-engine.js';
import { rounded, roundTo } from '../rounding.js';
import { bug, engineWith, type PlantedBug } from './bug.js';

/** Sizes of a product, as the op reads its operands. */
function sizesOf({ inputs: [a, b], attrs }: Computation) {
  const [k, m] = attrs['transposeA'] ? a!.shape.slice(-2) : a!.shape.slice(-2).reverse();
  return { m: m!, k: k!, n: b!.shape.at(attrs['transposeB'] ? -2 : -1)! };
}

/** The product of the inputs after a change. */
function productOf(node: Computation, change: (array: NdArray, side: number) => NdArray): NdArray[] {
  return [...opDefinition(node.op).reference(node.inputs.map(change), node.attrs, allocator('f32'))];
}

/** A product whose operands have no elements from `from` on, along the axis that is summed. */
const withoutTail = (node: Computation, from: number): NdArray[] =>
  productOf(node, (array, side) => {
    const flipped = node.attrs[side === 0 ? 'transposeA' : 'transposeB'] === true;
    const last = side === 0 ? !flipped : flipped;
    const [rows, columns] = array.shape.slice(-2) as [number, number];
    return array.map((x, i) => ((last ? i % columns : Math.floor(i / columns) % rows) < from ? x : 0));
  });

const ofProducts = (compute: (node: Computation) => NdArray[] | undefined): Fault => ({
  compute: (node) => (node.op === 'matmul' ? compute(node) : undefined),
});

/** A matrix product that rounds each partial sum. Batches are looped over by index. */
function accumulating(round: (x: number) => number): Fault {
  return ofProducts((node) => {
    const { m, k, n } = sizesOf(node);
    const [a, b] = node.inputs as [NdArray, NdArray];
    const { transposeA, transposeB } = node.attrs;
    const [out] = node.right() as [NdArray];
    const shared = b.shape.length === 2 ? 0 : k * n;
    for (let at = 0; at < out.size; at++) {
      const [p, i, j] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
      let total = 0;
      for (let l = 0; l < k; l++) {
        const left = a.data[p * m * k + (transposeA ? l * m + i : i * k + l)]!;
        total = round(total + left * b.data[p * shared + (transposeB ? j * k + l : l * n + j)]!);
      }
      out.data[at] = total;
    }
    return [out];
  });
}

/** Products that are wrong beyond a tile. */
export const tileBugs: readonly PlantedBug[] = [
  bug(
    'drops the remainder of the inner length, from 128 on',
    /large.*matmul/,
    ofProducts((node) => {
      const { k } = sizesOf(node);
      return k >= 128 && k % 4 !== 0 ? withoutTail(node, k - (k % 4)) : undefined;
    }),
  ),
  bug(
    'leaves out the last columns, from 128 on',
    /large.*matmul/,
    ofProducts((node) => {
      const { n } = sizesOf(node);
      const whole = n - (n % 8);
      return n >= 128 ? node.right().map((array) => array.map((x, i) => (i % n < whole ? x : 0))) : undefined;
    }),
  ),
  bug(
    'leaves out the last rows, from 512 on',
    /large.*matmul/,
    ofProducts((node) => {
      const { m, n } = sizesOf(node);
      return m >= 512
        ? node.right().map((array) => array.map((x, i) => (Math.floor(i / n) % m < 512 ? x : 0)))
        : undefined;
    }),
  ),
];

/** Products that are less exact than their backend says. */
export const precisionBugs: readonly PlantedBug[] = [
  bug(
    'products of bf16 in a backend that says f32',
    /precision of products.*operands/,
    ofProducts((node) => productOf(node, (x) => rounded(7, x))),
  ),
  bug(
    'products of tf32 in a backend that says f32',
    /precision of products.*operands/,
    ofProducts((node) => productOf(node, (x) => rounded(10, x))),
  ),
  bug(
    'sums of products in float16',
    /precision of products.*128 products/,
    accumulating((x) => roundTo(10, x)),
  ),
  bug(
    'sums of products in bf16',
    /precision of products.*128 products/,
    accumulating((x) => roundTo(7, x)),
  ),
];

/** The same for backends that say that they are less exact. */
export const plantedBugsOf: Readonly<Record<'tf32' | 'bf16', readonly PlantedBug[]>> = {
  tf32: [
    bug('products of bf16 in a backend that says tf32', /precision of products.*operands/, {
      ...ofProducts((node) => productOf(node, (x) => rounded(7, x))),
      capabilities: { precision: 'tf32' },
    }),
    bug('sums in float16 in a backend that says tf32', /precision of products.*128 products/, {
      ...accumulating((x) => roundTo(10, x)),
      capabilities: { precision: 'tf32' },
    }),
  ],
  bf16: [
    bug('sums in float16 in a backend that says bf16', /precision of products.*128 products/, {
      ...accumulating((x) => roundTo(10, x)),
      capabilities: { precision: 'bf16' },
    }),
    bug('sums in bf16 in a backend that says bf16', /precision of products.*128 products/, {
      ...accumulating((x) => roundTo(7, x)),
      capabilities: { precision: 'bf16' },
    }),
  ],
};

/** A backend that rounds the operands of its products, and says so: what the looser tolerances are for. */
export const roundingBackend = (precision: 'tf32' | 'bf16') =>
  engineWith(() => ({
    ...ofProducts((node) => productOf(node, (x) => rounded(precision === 'tf32' ? 10 : 7, x))),
    native: primitiveOps,
    capabilities: { precision },
  }));
