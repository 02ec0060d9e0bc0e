import { expectInputs, expectSpec } from './checks.js';
import { defineOp } from './define-op.js';
import { normalizeRows, rowMoments, type LayerNormAttributes } from './layer-norm.js';
import { forEachRow } from './rows.js';

/**
 * Gradient of {@link layerNorm}: `x f32[…, C]`, `weight f32[C]`, `dy f32[…, C]` →
 * `dx f32[…, C]`, `dWeight f32[C]`, `dBias f32[C]`.
 *
 * With `n = (x − mean) · rstd` and `w = dy · weight`: `dx = rstd · (w − mean(w) − n · mean(w · n))`,
 * `dWeight = Σ dy · n`, `dBias = Σ dy`.
 */
export const layerNormGrad = defineOp<LayerNormAttributes>({
  name: 'layerNormGrad',
  infer: (inputs) => {
    expectInputs('layerNormGrad', inputs, ['f32', 'f32', 'f32']);
    const [x, weight, dy] = inputs;
    expectSpec('layerNormGrad', 'weight', weight!, { shape: [x!.shape.at(-1)!], dtype: 'f32' });
    expectSpec('layerNormGrad', 'dy', dy!, x!);
    return [x!, weight!, weight!];
  },
  decompose: (g, [x, weight, dy], { epsilon }) => {
    const { normal, rstd } = normalizeRows(g, x!, epsilon);
    const weighted = g.mul(dy!, weight!);
    const projection = g.mul(normal, g.mean(g.mul(weighted, normal), [-1], true));
    const dx = g.mul(rstd, g.sub(g.sub(weighted, g.mean(weighted, [-1], true)), projection));
    return [dx, g.sumTo(g.mul(dy!, normal), weight!.shape), g.sumTo(dy!, weight!.shape)];
  },
  reference: ([x, weight, dy], { epsilon }, allocate) => {
    const dx = allocate(x!);
    const dWeight = new Float64Array(weight!.size);
    const dBias = new Float64Array(weight!.size);
    forEachRow(x!, (start, end) => {
      const { mean, rstd } = rowMoments(x!, start, end, epsilon);
      const normal = (i: number) => (x!.data[i]! - mean) * rstd;
      const weighted = (i: number) => dy!.data[i]! * weight!.data[i - start]!;
      let meanWeighted = 0;
      let meanProjection = 0;
      for (let i = start; i < end; i++) {
        meanWeighted += weighted(i) / (end - start);
        meanProjection += (weighted(i) * normal(i)) / (end - start);
        dWeight[i - start]! += dy!.data[i]! * normal(i);
        dBias[i - start]! += dy!.data[i]!;
      }
      for (let i = start; i < end; i++) {
        dx.data[i] = rstd * (weighted(i) - meanWeighted - normal(i) * meanProjection);
      }
    });
    const [w, b] = [allocate(weight!), allocate(weight!)];
    w.data.set(dWeight);
    b.data.set(dBias);
    return [dx, w, b];
  },
});
