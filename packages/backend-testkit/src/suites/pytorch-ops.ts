import {
  GraphBuilder,
  type HostTensors,
  type Program,
  type TensorSpec,
  type TensorSpecs,
} from '@attune/core';
import { expectAgreement } from '../assertions/close.js';
import { loadTensors } from '../fixtures/fixtures.js';
import { applyToFeeds, gradientProgram, type GraphFunction } from '../gradcheck.js';
import { runOnce, testPrograms, type SuiteContext } from './context.js';

/** A case of the fixture `ops`: the shapes it was written with, and the same computation as a graph. */
interface PyTorchCase {
  readonly inputs: TensorSpecs;
  readonly compute: GraphFunction;
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

/** The cases of `tools/reference/ops.py`. */
export const pytorchCases: Readonly<Record<string, PyTorchCase>> = {
  layer_norm: layerNorm({ x: f32(2, 3, 8), weight: f32(8), bias: f32(8) }),
  layer_norm_no_bias: layerNorm({ x: f32(2, 3, 8), weight: f32(8) }),
  layer_norm_offset: layerNorm({ x: f32(4, 8), weight: f32(8), bias: f32(8) }),
  rms_norm: {
    inputs: { x: f32(2, 3, 8), weight: f32(8) },
    compute: (g, { x, weight }) =>
      g.mul(g.mul(x!, g.rsqrt(g.add(g.mean(g.square(x!), [-1], true), 1e-5))), weight!),
  },
  gelu: { inputs: { x: f32(36) }, compute: (g, { x }) => g.gelu(x!, 'none') },
  gelu_tanh: { inputs: { x: f32(36) }, compute: (g, { x }) => g.gelu(x!, 'tanh') },
  silu: { inputs: { x: f32(36) }, compute: (g, { x }) => g.mul(x!, g.sigmoid(x!)) },
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
      const gradient = gradientProgram(`gradient of ${name}`, pytorch.inputs, pytorch.compute);
      testPrograms(context, `${name}: value and gradients`, [value, gradient], async () => {
        const tensors = await loadTensors(context.fixtures, 'ops/tensors.safetensors');
        const inputs: HostTensors = Object.fromEntries(
          Object.keys(pytorch.inputs).map((key) => [key, tensors[`${name}.${key}`]!]),
        );
        const { output } = await runOnce(context.backend, value, inputs);
        expectAgreement(output!, tensors[`${name}.output`]!, 1, 'output');
        const { loss: _loss, ...gradients } = await runOnce(context.backend, gradient, {
          ...inputs,
          'dOutput.0': tensors[`${name}.dOutput`]!,
        });
        for (const [key, actual] of Object.entries(gradients)) {
          expectAgreement(actual, tensors[`${name}.${key}`]!, 1, key);
        }
      });
    }
  });
}
