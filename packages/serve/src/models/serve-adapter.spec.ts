import { bytesOf, hostTensor, Random, type HostTensors } from '@attune/core';
import { byteTokenizer } from '@attune/data';
import { applyLora, gpt2, mergeLora } from '@attune/nn';
import type { ModelText } from '@attune/runs';
import { allocateParameters, createGenerator } from '@attune/train';
import { DecoderPool } from '../batching/decoder-pool.js';
import { startSourceGrammarThread } from '../testing/source-grammar-thread.js';
import { tinyServed, type TinyServed } from '../testing/tiny-served.js';
import { serveAdapter } from './serve-adapter.js';
import { serveModel, type ServedModel, type ServedModelParts } from './served-model.js';

let tiny: TinyServed;
beforeAll(async () => void (tiny = await tinyServed()));
afterAll(() => tiny.dispose());

const text = { close: async () => undefined } as unknown as ServedModelParts['text'];
const [prompt, maxNewTokens] = [[1, 5, 2, 9], 12];

async function answer({ batcher }: ServedModel): Promise<number[]> {
  const { signal } = new AbortController();
  const sampling = { temperature: 0 };
  const found: number[] = [];
  const tokens = batcher.submit({ prompt, maxNewTokens, sampling, seed: 1, endTokens: [], signal });
  for await (const { token } of tokens) found.push(token);
  return found;
}

/** An adapter of the tiny model that trains a norm as well, and the tensors of the model that it is merged into. */
async function adapter(seed: number) {
  const model = gpt2(tiny.model.config);
  applyLora(model, { rank: 2, alpha: 4, targetModules: ['c_attn', 'c_fc'], modulesToSave: ['ln_f'] });
  const random = new Random(seed);
  const tensors = Object.fromEntries(
    model.parameters
      .filter(({ trainable }) => trainable)
      .map(({ name, shape }) => {
        const size = shape.reduce((product, length) => product * length, 1);
        const data = Float32Array.from({ length: size }, () => 4 * random.uniform() - 2);
        return [name, hostTensor('f32', shape, data)];
      }),
  ) as HostTensors;
  const merged = mergeLora(model, { ...(await tiny.state.read()), ...tensors });
  return { model, tensors, merged };
}

test('answers of an adapter are held to a schema, too', async () => {
  const tokenizer = byteTokenizer();
  const large = await tinyServed({ vocabSize: 288 });
  const text = { tokenizer, endIds: async () => [], close: async () => undefined } as unknown as ModelText;
  const base = serveModel({ id: 'base', text, ...large });
  const model = gpt2(large.model.config);
  applyLora(model, { rank: 1, alpha: 1, targetModules: ['c_fc'] });
  const trainable = model.parameters.filter((parameter) => parameter.trainable);
  const tensors = Object.fromEntries(
    trainable.map(({ name, shape }) => [
      name,
      hostTensor('f32', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.1)),
    ]),
  );
  const startGrammar = startSourceGrammarThread;
  const served = await serveAdapter(base, { id: 'own', text, model, tensors, startGrammar });
  const form = await served.constrainer!.prepare({ type: 'json_schema', schema: { const: { a: 1 } } });
  const { signal } = new AbortController();
  const request = { prompt, maxNewTokens: 20, sampling: {}, seed: 1, endTokens: [], signal };
  const ids: number[] = [];
  for await (const { token } of served.batcher.submit({ ...request, constraint: form.text() }))
    ids.push(token);
  form.release();
  expect(tokenizer.decode(ids)).toBe('{"a":1}');
  await served.close();
  await base.close();
  await large.dispose();
});

test('adapters answer beside their base, whose parameters are held once', async () => {
  const pool = new DecoderPool(2);
  const base = serveModel({ id: 'base', text, ...tiny }, { rows: 2, pool });
  const held = tiny.backend.memory().bytes;
  const adapters = await Promise.all([adapter(1), adapter(2)]);
  const served: ServedModel[] = [];
  for (const [i, { model, tensors }] of adapters.entries()) {
    served.push(await serveAdapter(base, { id: `adapter-${i}`, text, model, tensors }, { rows: 2, pool }));
  }
  const own = adapters.flatMap(({ tensors }) => Object.values(tensors)).map(bytesOf);
  expect(tiny.backend.memory().bytes - held).toBe(own.reduce((sum, bytes) => sum + bytes, 0));

  const alone = async (tensors: HostTensors) => {
    const model = gpt2(tiny.model.config);
    const state = await allocateParameters(tiny.backend, model, { tensors });
    const generator = await createGenerator({ backend: tiny.backend, model, state });
    const found: number[] = [];
    for await (const token of generator.generate(prompt, { maxNewTokens, temperature: 0 })) found.push(token);
    generator.dispose();
    state.dispose();
    return found;
  };
  const expected = [
    await alone(await tiny.state.read()),
    ...(await Promise.all(adapters.map(({ merged }) => alone(merged)))),
  ];
  expect(new Set(expected.map(String)).size).toBe(3);
  expect(await Promise.all([base, ...served].map(answer))).toEqual(expected);

  for (const model of [...served, base]) await model.close();
  expect(tiny.backend.memory().bytes).toBe(held);
});
