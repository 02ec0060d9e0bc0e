import {
  alongChannels,
  batchAxes,
  channelMoments,
  expectChannels,
  forEachChannel,
  normalizeChannels,
  type BatchNormAttributes,
} from './batch-norm.js';
import { expectInputs, expectSpec } from './checks.js';
import { defineOp } from './define-op.js';

/**
 * Gradient of {@link batchNorm}: `x f32[N, C, …]`, `weight f32[C]`, `dy f32[N, C, …]` →
 * `dx f32[N, C, …]`, `dWeight f32[C]`, `dBias f32[C]`.
 *
 * By channel, with `n = (x − mean) · rstd`: `dx = weight · rstd · (dy − mean(dy) − n · mean(dy · n))`,
 * `dWeight = Σ dy · n`, `dBias = Σ dy`.
 */
export const batchNormGrad = defineOp<BatchNormAttributes>({
  name: 'batchNormGrad',
  infer: (inputs) => {
    expectInputs('batchNormGrad', inputs, ['f32', 'f32', 'f32']);
    const [x, weight, dy] = inputs;
    expectChannels('batchNormGrad', x!, [weight!]);
    expectSpec('batchNormGrad', 'dy', dy!, x!);
    return [x!, weight!, weight!];
  },
  decompose: (g, [x, weight, dy], { epsilon }) => {
    const axes = batchAxes(x!.shape);
    const { normal, rstd } = normalizeChannels(g, x!, epsilon);
    const count = x!.shape.reduce((size, length) => size * length, 1) / weight!.shape[0]!;
    const dBias = g.sum(dy!, axes, true);
    const dWeight = g.sum(g.mul(dy!, normal), axes, true);
    const projection = g.mul(normal, g.mul(dWeight, 1 / count));
    const inner = g.sub(g.sub(dy!, g.mul(dBias, 1 / count)), projection);
    const dx = g.mul(inner, g.mul(rstd, alongChannels(g, weight!, x!.rank)));
    return [dx, g.reshape(dWeight, weight!.shape), g.reshape(dBias, weight!.shape)];
  },
  reference: ([x, weight, dy], { epsilon }, allocate) => {
    const { mean, variance } = channelMoments(x!);
    const channels = weight!.size;
    const count = x!.size / channels;
    const rstd = variance.map((value) => 1 / Math.sqrt(value + epsilon));
    const normal = (i: number, channel: number) => (x!.data[i]! - mean[channel]!) * rstd[channel]!;
    const [sum, projected] = [new Float64Array(channels), new Float64Array(channels)];
    forEachChannel(x!, (i, channel) => {
      sum[channel]! += dy!.data[i]!;
      projected[channel]! += dy!.data[i]! * normal(i, channel);
    });
    const dx = allocate(x!);
    forEachChannel(x!, (i, channel) => {
      const inner = dy!.data[i]! - sum[channel]! / count - (normal(i, channel) * projected[channel]!) / count;
      dx.data[i] = weight!.data[channel]! * rstd[channel]! * inner;
    });
    const [dWeight, dBias] = [allocate(weight!), allocate(weight!)];
    dWeight.data.set(projected);
    dBias.data.set(sum);
    return [dx, dWeight, dBias];
  },
});
