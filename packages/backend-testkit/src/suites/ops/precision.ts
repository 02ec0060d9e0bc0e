import { GraphBuilder, hostTensor, type HostTensors, type Program } from '@attune/core';
import { expectAllClose } from '../../assertions/close.js';
import { tolerances } from '../../assertions/tolerances.js';
import { assert } from '../../assertions/assert.js';
import { truth } from '../../kit/oracle.js';
import { quickUniform } from '../../kit/random-tensor.js';
import { runOnce, testPrograms, type SuiteContext } from '../shared/context.js';

const ROUNDOFF = 2 ** -24;

interface Sizes {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

function product({ m, k, n }: Sizes, transposeA: boolean, transposeB: boolean): Program {
  const g = new GraphBuilder('product');
  const a = g.feed('a', { shape: transposeA ? [k, m] : [m, k], dtype: 'f32' });
  const b = g.feed('b', { shape: transposeB ? [n, k] : [k, n], dtype: 'f32' });
  g.output('product', g.matmul(a, b, { transposeA, transposeB }));
  return g.build();
}

const flags = [false, true].flatMap((a) => [false, true].map((b) => [a, b] as const));

const feedsOf = (
  program: Program,
  fill: (seed: number, size: number) => Float32Array<ArrayBuffer>,
): HostTensors =>
  Object.fromEntries(
    Object.entries(program.feeds).map(([name, { shape }], i) => [
      name,
      hostTensor(
        'f32',
        shape,
        fill(
          i + 1,
          shape.reduce((x, y) => x * y, 1),
        ),
      ),
    ]),
  );

/** Whole numbers from 1 to 15: exact in every precision, and so is each product. */
const whole = (seed: number, size: number) => quickUniform(seed, size).map((x) => 1 + Math.floor(15 * x));

const fractions = (seed: number, size: number) => quickUniform(seed, size).map((x) => 2 * x - 1);

/** That products of matrices are what `capabilities.precision` says, and are added up in float32. */
export function describePrecision(context: SuiteContext): void {
  const { backend } = context;
  const { precision } = backend.capabilities;

  context.runner.describe('precision of products', () => {
    for (const k of [128, 515, 4096]) {
      const programs = flags.map(([a, b]) => product({ m: 5, k, n: 7 }, a, b));
      testPrograms(
        context,
        `${k} products are added up in float32: whole numbers, to the last one`,
        programs,
        async () => {
          for (const program of programs) {
            const feeds = feedsOf(program, whole);
            const expected = truth(program, feeds).outputs['product']!;
            const { product: actual } = await runOnce(backend, program, feeds);
            expectAllClose(actual!, expected, {}, `sums of ${k} products of whole numbers`);
          }
        },
      );
    }

    for (const sizes of [
      { m: 61, k: 1, n: 67 },
      { m: 33, k: 3, n: 130 },
      { m: 35, k: 131, n: 37 },
    ]) {
      const programs = flags.map(([a, b]) => product(sizes, a, b));
      const { m, k, n } = sizes;
      testPrograms(
        context,
        `operands of [${m}, ${k}] × [${k}, ${n}] are rounded to ${precision}, and no further`,
        programs,
        async () => {
          // (1 + ε)² − 1 for a product of operands, and one rounding of float32 for it and for each addition.
          const { operand } = tolerances[precision];
          const relative = 2 * operand + operand ** 2 + (k + 1) * ROUNDOFF;
          for (const program of programs) {
            const feeds = feedsOf(program, fractions);
            const expected = truth(program, feeds).outputs['product']!.data;
            const magnitudes = Object.fromEntries(
              Object.entries(feeds).map(([name, feed]) => [
                name,
                { ...feed, data: feed.data.map(Math.abs) as Float32Array<ArrayBuffer> },
              ]),
            ) as HostTensors;
            const sums = truth(program, magnitudes).outputs['product']!.data;
            const { product: actual } = await runOnce(backend, program, feeds);
            for (const [i, value] of expected.entries()) {
              const [difference, bound] = [Math.abs(actual!.data[i]! - value), relative * sums[i]! + 1e-30];
              assert(
                difference <= bound,
                () =>
                  `Element ${i} is ${actual!.data[i]}, but ${value} is right: ${difference.toExponential(2)} is more ` +
                  `than ${bound.toExponential(2)}, the most that operands in ${precision} and sums in float32 explain.`,
              );
            }
          }
        },
      );
    }
  });
}
