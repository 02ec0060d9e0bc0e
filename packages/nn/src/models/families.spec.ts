import { cnn } from './cnn/model.js';
import { causalLmFamilies, causalLmFamilyOf, languageModel, type LanguageModelConfig } from './families.js';

const sizes = { vocabSize: 11, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 8 };
const gated = { ...sizes, intermediateSize: 12 };

/** The options of a tiny model of each family. */
const tiny = {
  gpt2: { family: 'gpt2', ...sizes },
  llama: { family: 'llama', ...gated },
  mistral: { family: 'mistral', ...gated },
  qwen2: { family: 'qwen2', ...gated },
  qwen3: { family: 'qwen3', ...gated },
} as const;

const tinyModel = (name: keyof typeof tiny) => languageModel(tiny[name] as LanguageModelConfig);
const families = Object.values(causalLmFamilies);

test.each(families)('$name: configurations say their family, and models come back from them', ({ name }) => {
  const { config, parameters } = tinyModel(name);
  expect(config.family).toBe(name);
  expect(causalLmFamilyOf(config).name).toBe(name);
  const again = languageModel(config);
  expect(again.config).toEqual(config);
  expect(again.parameters.map((each) => each.name)).toEqual(parameters.map((each) => each.name));
});

test.each(families)('$name: a key that is misspelled is refused, with the nearest one', ({ name }) => {
  const misspelled = (blocksize?: number) =>
    languageModel({ ...tiny[name], blocksize } as unknown as LanguageModelConfig);
  expect(() => misspelled(4)).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_KEY', fix: 'Did you mean "blockSize"?' }),
  );
  // What is undefined is not there.
  expect(() => misspelled()).not.toThrow();
});

test('so it is for images', () => {
  expect(() => cnn({ numLabels: 3, imagesize: 6 } as never)).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_KEY', fix: 'Did you mean "imageSize"?' }),
  );
});

test.each(families)('$name: LoRA finds the layers that it adapts by default', ({ name, loraTargets }) => {
  const paths = [...tinyModel(name).modules.keys()];
  for (const target of loraTargets) {
    expect(paths.some((path) => path.endsWith(`.${target}`))).toBe(true);
  }
});

test.each(families)('$name: another dropout holds at every place', ({ name }) => {
  const family = causalLmFamilyOf({ family: name });
  const { config } = tinyModel(name);
  expect(new Set(Object.values(family.dropouts(config)))).toEqual(new Set([0]));
  expect(new Set(Object.values(family.dropouts(family.withDropout(config, 0.25))))).toEqual(new Set([0.25]));
});

test('a family brings the parts that are particular to it', () => {
  expect(tinyModel('qwen2').config).toMatchObject({ attentionBias: 'qkv', qkNorm: false });
  expect(tinyModel('qwen3').config).toMatchObject({ attentionBias: 'none', qkNorm: true });
  expect(tinyModel('mistral').config).toMatchObject({ attentionBias: 'none', qkNorm: false });
});
