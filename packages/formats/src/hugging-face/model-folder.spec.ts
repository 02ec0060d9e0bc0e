import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gradients, GraphBuilder, item, type HostTensors } from '@attune/core';
import { backend as reference } from '@attune/backend-reference';
import { initialize, sequenceClassifier, type SequenceClassifier } from '@attune/nn';
import { modelOf, readTensors, type ModelConfig } from '../index.js';
import { readModelFolder, readSafetensors, writeModelFolder, type ModelFolder } from '../node/index.js';

const fixture = (path: string) =>
  fileURLToPath(new URL(`../../../backend-testkit/fixtures/${path}`, import.meta.url));
const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'attune-model-'))));
afterEach(() => rm(folder, { recursive: true }));

/** A folder, with all of its numbers. */
async function read(path: string): Promise<{ opened: ModelFolder; parameters: HostTensors }> {
  const opened = await readModelFolder(path);
  try {
    return { opened, parameters: await readTensors(opened.tensors) };
  } finally {
    await opened.tensors.close();
  }
}

describe.each([
  ...['llama', 'llama_tied_mqa', 'llama_biases', 'llama_dynamic', 'mistral', 'qwen2', 'qwen2_window'],
  ...['qwen3', 'gpt2'],
])('transformers wrote %s', (name) => {
  const source = fixture(`hf_decoder_${name}`);

  // That this configuration computes what transformers computes is tested with every backend.
  test('its configuration is the one that transformers agrees with, and every tensor has its place', async () => {
    const { opened, parameters } = await read(join(source, 'model'));
    expect(opened.config).toEqual((await json(join(source, 'case.json'))).config);
    expect(opened.warnings).toEqual([]);
    expect(new Set(Object.keys(parameters))).toEqual(
      new Set(opened.model.parameters.map((parameter) => parameter.name)),
    );
  });

  test('it is written again with the same weights, byte by byte, and all that its config.json said', async () => {
    const { opened, parameters } = await read(join(source, 'model'));
    await writeModelFolder(folder, { config: opened.config, parameters, source: opened.source });
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(
      await readFile(join(source, 'model', 'model.safetensors')),
    );
    const { rope_parameters: rope, transformers_version: _, ...before } = opened.source;
    const written = await json(join(folder, 'config.json'));
    const unused = ['max_window_layers', 'initializer_range'];
    for (const key of Object.keys(before).filter((key) => !unused.includes(key))) {
      expect([key, written[key]]).toEqual([key, before[key]]);
    }
    if (rope)
      expect({ rope_theta: written.rope_theta, rope_type: 'default', ...written.rope_scaling }).toEqual(rope);
    expect((await read(folder)).opened.config).toEqual(opened.config);
  });
});

describe.each(['qwen3', 'gpt2'])('transformers wrote a classifier on %s', (name) => {
  const source = fixture(`hf_classifier_${name}`);

  test('it computes the same logits, loss and gradients', async () => {
    const { opened, parameters } = await read(join(source, 'model'));
    const model = opened.model as SequenceClassifier;
    expect(model.config).toMatchObject({ numLabels: 3, labels: ['calm', 'glad', 'sad'] });
    const { x, lastToken, label, logits, ...expected } = await readSafetensors(
      join(source, 'tensors.safetensors'),
    );
    const { loss, gradNorm } = await json(join(source, 'case.json'));

    const g = new GraphBuilder('classify');
    const result = model.forward(g, {
      x: g.feed('x', x!),
      lastToken: g.feed('lastToken', lastToken!),
    }).logits;
    const mean = g.mean(g.softmaxCrossEntropy(result, g.feed('label', label!)));
    g.output('logits', result);
    g.output('loss', mean);
    const values = model.parameters.map((parameter) => g.state(parameter.name, parameter));
    gradients(g, mean, values).forEach((gradient, i) =>
      g.output(`grad.${model.parameters[i]!.name}`, gradient),
    );

    const backend = await reference.create();
    const state = await backend.allocate(
      Object.fromEntries(
        [...model.parameters, ...model.buffers].map(({ name, shape }) => [name, { shape, dtype: 'f32' }]),
      ),
    );
    await state.write({ ...parameters, ...initialize(model.buffers, 0) });
    const outputs = await (
      await backend.compile(g.build(), state)
    ).run({ x: x!, lastToken: lastToken!, label: label! });
    await backend.dispose();

    const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
    expect(distance(outputs['logits']!.data, logits!.data)).toBeLessThan(1e-4);
    expect(Math.abs(item(outputs['loss']) - loss)).toBeLessThan(1e-5);
    for (const [key, { data }] of Object.entries(expected)) {
      const largest = Math.max(...Array.from(data, Math.abs));
      expect([key, distance(outputs[key]!.data, data)]).toEqual([key, expect.any(Number)]);
      expect(distance(outputs[key]!.data, data)).toBeLessThanOrEqual(1e-4 * largest + 1e-7 * gradNorm);
    }
  });

  test('it is written again with the same weights and labels', async () => {
    const { opened, parameters } = await read(join(source, 'model'));
    await writeModelFolder(folder, { config: opened.config, parameters, source: opened.source });
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(
      await readFile(join(source, 'model', 'model.safetensors')),
    );
    const [ours, theirs] = await Promise.all(
      [folder, join(source, 'model')].map((path) => json(join(path, 'config.json'))),
    );
    for (const key of ['architectures', 'id2label', 'label2id', 'pad_token_id'])
      expect(ours[key]).toEqual(theirs[key]);
    expect((await read(folder)).opened.config).toEqual(opened.config);
  });
});

test('a language model becomes a classifier: its weights, and a head that is new', async () => {
  const { opened, parameters } = await read(fixture('hf_decoder_llama/model'));
  const body = modelOf(opened.config) as Parameters<typeof sequenceClassifier>[0];
  const model = sequenceClassifier(body, { numLabels: 1, problemType: 'regression' });
  const { ['lm_head.weight']: _, ...shared } = parameters;
  const score = initialize(
    model.parameters.filter(({ name }) => name === 'score.weight'),
    1,
  );
  const config = model.config as ModelConfig;
  await writeModelFolder(folder, { config, parameters: { ...shared, ...score }, source: opened.source });
  expect(await json(join(folder, 'config.json'))).toMatchObject({
    architectures: ['LlamaForSequenceClassification'],
    id2label: { 0: 'LABEL_0' },
    problem_type: 'regression',
    pad_token_id: 0,
  });
  const back = await read(folder);
  expect(back.opened.config).toEqual(config);
  expect(back.parameters).toEqual({ ...shared, ...score });
});

describe('narrow floats', () => {
  test.each(['bf16', 'f16'] as const)('%s: half as large, and read as the nearest numbers', async (dtype) => {
    const { opened, parameters } = await read(fixture('hf_decoder_llama/model'));
    await writeModelFolder(folder, { config: opened.config, parameters, dtype });
    expect((await json(join(folder, 'config.json'))).dtype).toBe(dtype === 'bf16' ? 'bfloat16' : 'float16');
    const back = (await read(folder)).parameters;
    for (const [name, { data }] of Object.entries(parameters)) {
      const error = Math.max(...Array.from(data, (value, i) => Math.abs(value - back[name]!.data[i]!)));
      const largest = Math.max(...Array.from(data, Math.abs));
      expect(error).toBeLessThanOrEqual(largest * (dtype === 'bf16' ? 2 ** -8 : 2 ** -11));
      expect(error).toBeGreaterThan(0);
    }
  });

  test('a number beyond f16 is not made infinite', async () => {
    const { opened, parameters } = await read(fixture('hf_decoder_llama/model'));
    const norm = parameters['model.norm.weight']!;
    const large = { ...parameters, 'model.norm.weight': { ...norm, data: new Float32Array(16).fill(7e4) } };
    await expect(
      writeModelFolder(folder, { config: opened.config, parameters: large, dtype: 'f16' }),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/"model.norm.weight" has the value 70000, which f16 does not hold/),
    });
  });
});
