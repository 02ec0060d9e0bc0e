import { expectInputs, expectSpec } from './checks.js';
import { defineOp } from './define-op.js';
import { reciprocalRms, reciprocalRmsOfRow, type RmsNormAttributes } from './rms-norm.js';
import { forEachRow } from './rows.js';

/**
 * Gradient of {@link rmsNorm}: `x f32[…, C]`, `weight f32[C]`, `dy f32[…, C]` → `dx f32[…, C]`, `dWeight f32[C]`.
 *
 * With `r = 1 / √(mean(x²) + epsilon)`, `n = x · r` and `w = dy · weight`: `dx = r · (w − n · mean(w · n))`,
 * `dWeight = Σ dy · n`.
 */
export const rmsNormGrad = defineOp<RmsNormAttributes>({
  name: 'rmsNormGrad',
  infer: (inputs) => {
    expectInputs('rmsNormGrad', inputs, ['f32', 'f32', 'f32']);
    const [x, weight, dy] = inputs;
    expectSpec('rmsNormGrad', 'weight', weight!, { shape: [x!.shape.at(-1)!], dtype: 'f32' });
    expectSpec('rmsNormGrad', 'dy', dy!, x!);
    return [x!, weight!];
  },
  decompose: (g, [x, weight, dy], { epsilon }) => {
    const scale = reciprocalRms(g, x!, epsilon);
    const normal = g.mul(x!, scale);
    const weighted = g.mul(dy!, weight!);
    const projection = g.mul(normal, g.mean(g.mul(weighted, normal), [-1], true));
    return [g.mul(scale, g.sub(weighted, projection)), g.sumTo(g.mul(dy!, normal), weight!.shape)];
  },
  reference: ([x, weight, dy], { epsilon }, allocate) => {
    const dx = allocate(x!);
    const dWeight = new Float64Array(weight!.size);
    forEachRow(x!, (start, end) => {
      const scale = reciprocalRmsOfRow(x!, start, end, epsilon);
      let projection = 0;
      for (let i = start; i < end; i++) {
        const normal = x!.data[i]! * scale;
        projection += (dy!.data[i]! * weight!.data[i - start]! * normal) / (end - start);
        dWeight[i - start]! += dy!.data[i]! * normal;
      }
      for (let i = start; i < end; i++) {
        const weighted = dy!.data[i]! * weight!.data[i - start]!;
        dx.data[i] = scale * (weighted - x!.data[i]! * scale * projection);
      }
    });
    const out = allocate(weight!);
    out.data.set(dWeight);
    return [dx, out];
  },
});
