import { gpt2Config } from '@attune/nn';
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
