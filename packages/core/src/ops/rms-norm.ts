import type { GraphBuilder } from '../graph/builder.js';
import type { Tensor } from '../graph/tensor.js';
import type { NdArray } from '../interpreter/nd-array.js';
import { expectInputs, expectRank, expectSpec } from './checks.js';
import { defineOp } from './define-op.js';
import { forEachRow } from './rows.js';

/** What is added to the mean of the squares before its root is taken. */
export interface RmsNormAttributes extends Readonly<Record<string, number>> {
  readonly epsilon: number;
}

/** `1 / √(mean(x²) + epsilon)` over the last axis, kept with length 1, in ops of the graph. */
export function reciprocalRms(g: GraphBuilder, x: Tensor, epsilon: number): Tensor {
  return g.rsqrt(g.add(g.mean(g.square(x), [-1], true), epsilon));
}

/** `1 / √(mean(x²) + epsilon)` of a row. */
export function reciprocalRmsOfRow(x: NdArray, start: number, end: number, epsilon: number): number {
  let squares = 0;
  for (let i = start; i < end; i++) squares += x.data[i]! ** 2;
  return 1 / Math.sqrt(squares / (end - start) + epsilon);
}

/**
 * Root mean square normalisation over the last axis: `x f32[…, C]`, `weight f32[C]` → `f32[…, C]`,
 * `x / √(mean(x²) + epsilon) · weight`.
 *
 * Source: Zhang and Sennrich, "Root Mean Square Layer Normalization" (2019); `torch.nn.functional.rms_norm`.
 */
export const rmsNorm = defineOp<RmsNormAttributes>({
  name: 'rmsNorm',
  infer: (inputs) => {
    expectInputs('rmsNorm', inputs, ['f32', 'f32']);
    const [x, weight] = inputs;
    expectRank('rmsNorm', 'x', x!, 1);
    expectSpec('rmsNorm', 'weight', weight!, { shape: [x!.shape.at(-1)!], dtype: 'f32' });
    return [x!];
  },
  grad: (g, { inputs: [x, weight], attrs, dOutput }) =>
    g.applyAll('rmsNormGrad', [x!, weight!, dOutput], attrs),
  decompose: (g, [x, weight], { epsilon }) => [g.mul(g.mul(x!, reciprocalRms(g, x!, epsilon)), weight!)],
  reference: ([x, weight], { epsilon }, allocate) => {
    const out = allocate(x!);
    forEachRow(x!, (start, end) => {
      const scale = reciprocalRmsOfRow(x!, start, end, epsilon);
      for (let i = start; i < end; i++) out.data[i] = x!.data[i]! * scale * weight!.data[i - start]!;
    });
    return [out];
  },
});
