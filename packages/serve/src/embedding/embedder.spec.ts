import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { backend as reference } from '@attune/backend-reference';
import { readTensors } from '@attune/formats';
import { readModelFolder } from '@attune/formats/node';
import { languageModel, type LanguageModelConfig } from '@attune/nn';
import { allocateParameters } from '@attune/train';
import { loadedModel, tinyModels, tokensOf } from '../testing/loaded-model.js';
import { createEmbedder } from './embedder.js';

const norm = (vector: Float32Array) => Math.hypot(...vector);

test.each(['gpt2', 'llama'] as const)(
  '%s: a vector of length 1, whatever the text is filled up with',
  async (name) => {
    const loaded = await loadedModel(tinyModels[name]());
    const embedder = createEmbedder(loaded);
    // Of one token, of less than a window, of exactly one, of all positions.
    for (const length of [1, 5, 8, 40]) {
      const vector = await embedder.embed(tokensOf(length, length));
      expect(vector).toHaveLength(embedder.width);
      expect(norm(vector)).toBeCloseTo(1, 5);
    }
    const [one, again, other] = [
      await embedder.embed([1, 2, 3]),
      await embedder.embed([1, 2, 3]),
      await embedder.embed([1, 2, 4]),
    ];
    expect(again).toEqual(one);
    expect(norm(other.map((value, i) => value - one[i]!))).toBeGreaterThan(1e-3);
    await embedder.dispose();
    await loaded.dispose();
  },
);

test('refuses what the model cannot read', async () => {
  const loaded = await loadedModel(tinyModels.gpt2());
  const embedder = createEmbedder(loaded);
  await expect(embedder.embed([])).rejects.toMatchObject({ code: 'DATA_TOO_SHORT' });
  await expect(embedder.embed(tokensOf(41, 1))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(embedder.embed([1, -1])).rejects.toMatchObject({ code: 'TOKEN_OUT_OF_RANGE' });
  await embedder.dispose();
  await loaded.dispose();
});

interface Case {
  readonly model: string;
  readonly tokens: readonly number[];
  readonly vector: readonly number[];
}

const fixtures = new URL('../../../backend-testkit/fixtures/', import.meta.url);

// Written with transformers: see tools/reference/embeddings.py.
test('vectors are those of transformers', async () => {
  const { cases } = JSON.parse(await readFile(new URL('embeddings/case.json', fixtures), 'utf8')) as {
    readonly cases: readonly Case[];
  };
  expect(cases).toHaveLength(6);
  for (const { model: path, tokens, vector } of cases) {
    const { config, tensors } = await readModelFolder(fileURLToPath(new URL(path, fixtures)));
    const model = languageModel(config as LanguageModelConfig);
    const backend = await reference.create();
    const state = await allocateParameters(backend, model, { tensors: await readTensors(tensors) });
    const embedder = createEmbedder({ backend, model, state });
    const own = await embedder.embed(tokens);
    own.forEach((value, i) => expect(Math.abs(value - vector[i]!)).toBeLessThan(1e-5));
    await embedder.dispose();
    state.dispose();
    await tensors.close();
    await backend.dispose();
  }
});
