import { causalLmFamilies, causalLmFamilyOf, languageModel } from './families.js';

const sizes = { vocabSize: 11, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 8, intermediateSize: 12 };

test.each(Object.values(causalLmFamilies))(
  '$name: configurations say their family, and models come back from them',
  ({ name, model }) => {
    const { config, parameters } = model(sizes);
    expect(config.family).toBe(name);
    expect(causalLmFamilyOf(config).name).toBe(name);
    const again = languageModel(config);
    expect(again.config).toEqual(config);
    expect(again.parameters.map((each) => each.name)).toEqual(parameters.map((each) => each.name));
  },
);

test.each(Object.values(causalLmFamilies))(
  '$name: LoRA finds the layers that it adapts by default',
  (family) => {
    const paths = [...family.model(sizes).modules.keys()];
    for (const target of family.loraTargets) {
      expect(paths.some((path) => path.endsWith(`.${target}`))).toBe(true);
    }
  },
);

test.each(Object.values(causalLmFamilies))(
  '$name: another dropout holds at every place',
  ({ model, name }) => {
    const family = causalLmFamilyOf({ family: name });
    const { config } = model(sizes);
    expect(new Set(Object.values(family.dropouts(config)))).toEqual(new Set([0]));
    expect(new Set(Object.values(family.dropouts(family.withDropout(config, 0.25))))).toEqual(
      new Set([0.25]),
    );
  },
);

test('a family brings the parts that are particular to it', () => {
  const { qwen2, qwen3, mistral } = causalLmFamilies;
  expect(qwen2.model(sizes).config).toMatchObject({ attentionBias: 'qkv', qkNorm: false });
  expect(qwen3.model(sizes).config).toMatchObject({ attentionBias: 'none', qkNorm: true });
  expect(mistral.model(sizes).config).toMatchObject({ attentionBias: 'none', qkNorm: false });
});
