import { causalLmFamilies, gpt2, parameterCount, type CausalLmFamilyName } from '@attune/nn';
import { withDefaults } from '../../settings/field.js';
import { trainingFields, type TrainingConfig } from './fields.js';
import { checkShape, modelOfSettings, modelToContinue, shapeOf } from './shape.js';

const settings = (given: Partial<TrainingConfig> = {}) => withDefaults(trainingFields, given);
const names = Object.keys(causalLmFamilies) as CausalLmFamilyName[];

test('without a family, the model is the GPT-2 that it always was', () => {
  const config = settings({ nLayer: 2, nEmbd: 64, dropout: 0.1 });
  expect(Object.keys(config)).not.toEqual(expect.arrayContaining(['intermediateSize']));
  const model = modelOfSettings(config, 65);
  const same = gpt2({
    ...{ vocabSize: 65, blockSize: 64, nLayer: 2, nHead: 4, nEmbd: 64 },
    ...{ bias: false, activation: 'gelu', dropout: 0.1 },
  });
  expect(model.config).toEqual(same.config);
});

test.each(names)('%s: a model is made, and the settings come back from it', (family) => {
  const config = settings({ family, tieEmbeddings: true });
  const model = modelOfSettings(config, 65);
  expect(model.config).toMatchObject({ family, vocabSize: 65, blockSize: 64, nLayer: 4, nEmbd: 128 });
  expect({ ...config, ...shapeOf(model.config) }).toMatchObject({ ...config, vocabSize: 65 });
});

test('a family has the parts that its folders need, and the settings that are its own', () => {
  const given = { family: 'qwen3', nHead: 4, nKvHead: 2, headDim: 16, ropeTheta: 1e6, dropout: 0.1 } as const;
  expect(modelOfSettings(settings(given), 65).config).toMatchObject({
    ...{ qkNorm: true, nKvHead: 2, headDim: 16, intermediateSize: 352, tieEmbeddings: false },
    ...{ rope: { theta: 1e6, scaling: { type: 'default' } }, rmsNormEpsilon: 1e-6, attentionDropout: 0.1 },
  });
});

test('a model to go on with has the dropout of the run, and is otherwise as it was', () => {
  for (const family of names) {
    const { config } = modelOfSettings(settings({ family }), 65);
    const dropping = modelToContinue(config, settings({ dropout: 0.3 }));
    expect(Object.values(causalLmFamilies[family].dropouts(dropping.config as never))).toContain(0.3);
    expect(parameterCount(dropping)).toEqual(parameterCount(modelToContinue(config, settings())));
  }
});

test.each<[Partial<TrainingConfig>, string]>([
  [{ nKvHead: 2 }, 'nKvHead goes with the families llama, mistral, qwen2, qwen3, but the family is gpt2.'],
  [{ intermediateSize: 64 }, 'intermediateSize goes with the families llama'],
  [{ family: 'llama', bias: true }, 'bias goes with the families gpt2, but the family is llama.'],
  [{ family: 'llama', activation: 'gelu_new' }, 'activation goes with the families gpt2'],
  [{ family: 'llama', nHead: 4, nKvHead: 3 }, 'nHead must be a multiple of nKvHead, 3, but is 4.'],
  [{ family: 'llama', headDim: 5 }, 'headDim must be even'],
  [{ family: 'llama', nEmbd: 130 }, 'nEmbd is 130 and nHead is 4'],
  [{ nEmbd: 130 }, 'nEmbd is 130 and nHead is 4'],
])('refuses %j before anything is opened', (given, message) => {
  expect(() => checkShape(settings(given))).toThrow(
    expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining(message) }),
  );
});
