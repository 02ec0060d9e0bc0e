import { peakBytes } from '@attune/core';
import {
  adamW,
  applyLora,
  crossEntropy,
  freezeParameters,
  gpt2,
  lowerLayers,
  type Gpt2Model,
} from '@attune/nn';
import {
  accumulateProgram,
  accumulatorSpecs,
  slotSpecs,
  trainProgram,
  type TrainObjective,
} from './train.js';

const batch = {
  x: { shape: [1, 4], dtype: 'i32' },
  y: { shape: [1, 4], dtype: 'i32' },
} as const;

function objective(prepare: (model: Gpt2Model) => void): TrainObjective {
  // Wide beside its few tokens: a gradient of a weight is far larger than any activation.
  const model = gpt2({ vocabSize: 40, blockSize: 4, nLayer: 3, nHead: 2, nEmbd: 32, dropout: 0 });
  prepare(model);
  return { model, loss: crossEntropy(), optimizer: adamW({ learningRate: 1e-3 }), gradClip: 1 };
}

describe.each<[string, (model: Gpt2Model) => void]>([
  ['adapters', (model) => void applyLora(model, { rank: 2, targetModules: ['c_attn'] })],
  ['an upper layer', (model) => freezeParameters(model.parameters, { freeze: lowerLayers(model, 2) })],
])('training %s', (_, prepare) => {
  const partly = objective(prepare);
  const frozen = partly.model.parameters.filter(({ trainable }) => !trainable).map(({ name }) => name);
  const about = (names: Iterable<string>) =>
    [...names].filter((name) => frozen.some((one) => name.endsWith(`.${one}`) || name === one));

  test('frozen parameters have no optimizer state, no sums of gradients, and no update', () => {
    expect(frozen.length).toBeGreaterThan(10);
    expect(about(Object.keys(slotSpecs(partly)))).toEqual([]);
    expect(about(Object.keys(accumulatorSpecs(partly)))).toEqual([]);
    for (const program of [trainProgram(partly, batch), accumulateProgram(partly, batch)]) {
      expect(about(Object.keys(program.updates))).toEqual([]);
    }
  });

  test('their gradients are not computed either', () => {
    const whole = objective(() => undefined);
    const weights = whole.model.parameters.reduce(
      (sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b),
      0,
    );
    const [all, some] = [whole, partly].map((one) => peakBytes(trainProgram(one, batch)));
    expect(all).toBeGreaterThan(weights);
    expect(some).toBeLessThan(all! / 2);
  });
});
