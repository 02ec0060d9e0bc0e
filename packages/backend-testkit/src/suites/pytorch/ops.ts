import {
  GraphBuilder,
  type ConvolutionOptions,
  type Extent,
  type HostTensors,
  type Program,
  type Shape,
  type Tensor,
  type TensorSpec,
  type TensorSpecs,
} from '@attune/core';
import { expectAgreement } from '../../assertions/close.js';
import { tolerancesFor } from '../../assertions/tolerances.js';
import { loadTensors } from '../../fixtures/fixtures.js';
import { applyToFeeds, gradientProgram, type GraphFunction } from '../../assertions/gradcheck.js';
import { runOnce, testPrograms, type SuiteContext } from '../shared/context.js';

/** A case of the fixture `ops`: the shapes it was written with, and the same computation as a graph. */
interface PyTorchCase {
  readonly inputs: TensorSpecs;
  readonly compute: GraphFunction;
  /** Inputs that PyTorch differentiated by. Default: all f32 ones. */
  readonly wrt?: readonly string[];
}

const f32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'f32' });
const i32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'i32' });
const qkv = (...shape: number[]): PyTorchCase => ({
  inputs: { q: f32(...shape), k: f32(...shape), v: f32(...shape) },
  compute: (g, { q, k, v }) => g.attention(q!, k!, v!),
});
const layerNorm = (inputs: TensorSpecs): PyTorchCase => ({
  inputs,
  compute: (g, { x, weight, bias }) => g.layerNorm(x!, weight!, bias, 1e-5),
});

const conv2d = (x: Shape, weight: Shape, options?: ConvolutionOptions): PyTorchCase => ({
  inputs: { x: f32(...x), weight: f32(...weight) },
  compute: (g, inputs) => g.conv2d(inputs['x']!, inputs['weight']!, options),
});
const pool = (
  op: 'maxPool2d' | 'avgPool2d',
  x: Shape,
  kernel: Extent,
  options?: ConvolutionOptions,
): PyTorchCase => ({
  inputs: { x: f32(...x) },
  compute: (g, inputs) => g[op](inputs['x']!, kernel, options),
});
const batchNorm = (...shape: number[]): PyTorchCase => ({
  inputs: { x: f32(...shape), weight: f32(shape[1]!), bias: f32(shape[1]!) },
  compute: (g, { x, weight, bias }) => g.batchNorm(x!, weight!, bias!, 1e-5).y,
});

/** The cases of `tools/reference/ops.py`. */
const pytorchCases: Readonly<Record<string, PyTorchCase>> = {
  layer_norm: layerNorm({ x: f32(2, 3, 8), weight: f32(8), bias: f32(8) }),
  layer_norm_no_bias: layerNorm({ x: f32(2, 3, 8), weight: f32(8) }),
  layer_norm_offset: layerNorm({ x: f32(4, 8), weight: f32(8), bias: f32(8) }),
  rms_norm: {
    inputs: { x: f32(2, 3, 8), weight: f32(8) },
    compute: (g, { x, weight }) => g.rmsNorm(x!, weight!, 1e-5),
  },
  gelu: { inputs: { x: f32(36) }, compute: (g, { x }) => g.gelu(x!, 'none') },
  gelu_tanh: { inputs: { x: f32(36) }, compute: (g, { x }) => g.gelu(x!, 'tanh') },
  silu: { inputs: { x: f32(36) }, compute: (g, { x }) => g.silu(x!) },
  rope: {
    inputs: { x: f32(2, 3, 5, 8), cos: f32(5, 4), sin: f32(5, 4) },
    compute: (g, { x, cos, sin }) => g.rope(x!, cos!, sin!),
  },
  softmax: { inputs: { x: f32(4, 3, 7) }, compute: (g, { x }) => g.softmax(x!) },
  log_softmax: { inputs: { x: f32(4, 3, 7) }, compute: (g, { x }) => g.logSoftmax(x!) },
  cross_entropy: {
    inputs: { logits: f32(6, 7), targets: i32(6) },
    compute: (g, { logits, targets }) => g.softmaxCrossEntropy(logits!, targets!, -100),
  },
  attention: qkv(2, 2, 5, 4),
  attention_one_token: qkv(1, 2, 1, 4),
  embedding: {
    inputs: { weight: f32(9, 4), ids: i32(2, 4) },
    compute: (g, { weight, ids }) => g.gather(weight!, ids!),
  },
  mse: {
    inputs: { x: f32(3, 4), target: f32(3, 4) },
    compute: (g, { x, target }) => g.mean(g.square(g.sub(x!, target!))),
  },
  conv2d: conv2d([2, 3, 6, 5], [4, 3, 3, 3]),
  conv2d_padded: conv2d([2, 1, 5, 7], [2, 1, 3, 5], { padding: [1, 2] }),
  conv2d_strided: conv2d([2, 2, 8, 7], [3, 2, 3, 2], { stride: [2, 3], padding: [1, 0] }),
  conv2d_1x1: conv2d([1, 4, 3, 3], [2, 4, 1, 1], { stride: 2 }),
  max_pool2d: pool('maxPool2d', [2, 3, 6, 8], 2),
  max_pool2d_ties: pool('maxPool2d', [2, 3, 7, 6], [3, 2], { stride: [2, 1], padding: 1 }),
  avg_pool2d: pool('avgPool2d', [2, 3, 6, 8], 2),
  avg_pool2d_padded: pool('avgPool2d', [2, 3, 7, 6], [3, 2], { stride: [2, 1], padding: 1 }),
  batch_norm: batchNorm(4, 3, 5, 2),
  batch_norm_offset: batchNorm(4, 3, 5, 2),
  batch_norm_rows: batchNorm(6, 3),
  batch_norm_eval: {
    inputs: { x: f32(4, 3, 5, 2), weight: f32(3), bias: f32(3), mean: f32(3), variance: f32(3) },
    compute: (g, { x, ...channels }) => {
      const [weight, bias, mean, variance] = ['weight', 'bias', 'mean', 'variance'].map((name) =>
        g.reshape(channels[name]!, [3, 1, 1]),
      ) as [Tensor, Tensor, Tensor, Tensor];
      const scale = g.mul(weight, g.rsqrt(g.add(variance, 1e-5)));
      return g.add(g.mul(g.sub(x!, mean), scale), bias);
    },
    wrt: ['x', 'weight', 'bias'],
  },
};

function valueProgram(name: string, { inputs, compute }: PyTorchCase): Program {
  const g = new GraphBuilder(name);
  g.output('output', applyToFeeds(g, inputs, compute).results[0]!);
  return g.build();
}

/** Single operations against PyTorch's values and gradients. */
export function describePyTorchOps(context: SuiteContext): void {
  context.runner.describe('PyTorch: operations', () => {
    for (const [name, pytorch] of Object.entries(pytorchCases)) {
      const value = valueProgram(name, pytorch);
      const gradient = gradientProgram(`gradient of ${name}`, pytorch.inputs, pytorch.compute, pytorch.wrt);
      testPrograms(context, `${name}: value and gradients`, [value, gradient], async () => {
        const tensors = await loadTensors(context.fixtures, 'ops/tensors.safetensors');
        const inputs: HostTensors = Object.fromEntries(
          Object.keys(pytorch.inputs).map((key) => [key, tensors[`${name}.${key}`]!]),
        );
        const { output } = await runOnce(context.backend, value, inputs);
        const allowed = tolerancesFor(gradient, context.backend.capabilities.precision);
        expectAgreement(output!, tensors[`${name}.output`]!, 1, 'output', allowed);
        const { loss: _loss, ...gradients } = await runOnce(context.backend, gradient, {
          ...inputs,
          'dOutput.0': tensors[`${name}.dOutput`]!,
        });
        for (const [key, actual] of Object.entries(gradients)) {
          expectAgreement(actual, tensors[`${name}.${key}`]!, 1, key, allowed);
        }
      });
    }
  });
}
