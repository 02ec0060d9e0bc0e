import { gpt2Config, llamaConfig } from '@attune/nn';
import { withDefaults } from '../../settings/field.js';
import { trainingFields } from './fields.js';
import { adoptShape } from './init-from.js';

const model = gpt2Config({
  vocabSize: 50,
  blockSize: 32,
  nLayer: 2,
  nHead: 2,
  nEmbd: 8,
  activation: 'gelu_new',
});
const adopt = (given: object) => adoptShape(withDefaults(trainingFields, given), given, model, 'gpt2-folder');

test('the shape comes from the model, the rest from the configuration', () => {
  expect(adopt({ dropout: 0.1, blockSize: 16 })).toMatchObject({
    nLayer: 2,
    nEmbd: 8,
    bias: true,
    activation: 'gelu_new',
    dropout: 0.1,
    blockSize: 16,
  });
});

test('a block size that was not asked for fits the model', () => {
  expect(adopt({}).blockSize).toBe(32);
});

test.each([
  [{ nLayer: 4 }, /--n-layer is 4, but the model in gpt2-folder has nLayer 2/],
  [{ bias: false }, /--bias is false, but the model in gpt2-folder has bias true/],
  [{ blockSize: 64 }, /--block-size is 64, but the model in gpt2-folder has 32 positions/],
])('%j conflicts with the model', (given, message) => {
  expect(() => adopt(given)).toThrow(message);
});

test('what agrees with the model does not', () => {
  expect(adopt({ nLayer: 2 }).nLayer).toBe(2);
});

describe('a model of another family', () => {
  const llama = llamaConfig({
    ...{ family: 'qwen3', vocabSize: 50, blockSize: 32, nLayer: 2, nHead: 4, nKvHead: 2, nEmbd: 8 },
    ...{ headDim: 6, intermediateSize: 20, rope: { theta: 500, scaling: { type: 'default' } } },
  });
  const adoptLlama = (given: object) =>
    adoptShape(withDefaults(trainingFields, given), given, llama, 'qwen-folder');

  test('gives its family and all of its shape', () => {
    expect(adoptLlama({ dropout: 0.1, nKvHead: 2 })).toMatchObject({
      ...{ family: 'qwen3', nLayer: 2, nHead: 4, nKvHead: 2, nEmbd: 8, headDim: 6, intermediateSize: 20 },
      ...{ ropeTheta: 500, rmsNormEpsilon: 1e-6, tieEmbeddings: false, dropout: 0.1, blockSize: 32 },
    });
  });

  test.each([
    [{ family: 'llama' }, '--family is llama, but the model in qwen-folder has family qwen3'],
    [{ ropeTheta: 100 }, '--rope-theta is 100, but the model in qwen-folder has ropeTheta 500'],
    [{ bias: true }, '--bias is true, but the model in qwen-folder has no bias'],
  ])('%j conflicts with it', (given, message) => {
    expect(() => adoptLlama(given)).toThrow(message);
  });
});
