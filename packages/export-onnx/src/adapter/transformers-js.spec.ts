import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostTensors } from '@attune/core';
import { byteTokenizer, tokenizerJson } from '@attune/data';
import { decodeSafetensors, memoryTensors, modelConfigToHuggingFace } from '@attune/formats';
import { llama } from '@attune/nn';
import { AutoModelForCausalLM, AutoTokenizer, env, pipeline, Tensor } from '@huggingface/transformers';
import { adapterPath, adapterTensors, exportDecoder } from '../index.js';
import { writeOnnxFolder } from '../node/index.js';
import { greedyTokens, onReference, randomAdapter, randomWeights } from '../testing/tiny.js';

let folder: string;
const prompt = 'the cat ';
const text = byteTokenizer();
const model = llama({
  ...{ vocabSize: text.vocabSize, blockSize: 48, nLayer: 2, nHead: 2, nEmbd: 8, nKvHead: 1 },
  intermediateSize: 12,
});
const base = randomWeights(model);
const adapters = {
  cats: randomAdapter(model.config, base, { targetModules: ['q_proj', 'v_proj'], rank: 4, alpha: 8 }, 3),
  dogs: randomAdapter(model.config, base, { targetModules: ['q_proj', 'down_proj'], rank: 2, alpha: 32 }, 4),
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-tjs-'));
  Object.assign(env, { allowRemoteModels: false, useFSCache: false });
  const fed = Object.entries(adapters).map(([name, adapter]) => [
    name,
    adapterTensors(adapter.model, adapter),
  ]);
  await writeOnnxFolder(folder, {
    model: exportDecoder(model.config, memoryTensors(base), {
      adapterInputs: ['q_proj', 'v_proj', 'down_proj'],
    }),
    config: modelConfigToHuggingFace(model.config),
    tokenizer: { ...(await tokenizerJson(text.toJSON())) },
    adapters: Object.fromEntries(fed) as Record<string, HostTensors>,
  });
});
afterAll(() => rm(folder, { recursive: true }));

type Model = Awaited<ReturnType<typeof AutoModelForCausalLM.from_pretrained>>;
type Sessions = Record<string, { inputMetadata: readonly { name: string; shape: (number | string)[] }[] }>;

/** The inputs of a model for an adapter, or for none: the guide has the same in plain JavaScript. */
async function adapterInputs(on: Model, name?: string): Promise<Record<string, Tensor>> {
  const found =
    name === undefined ? {} : await decodeSafetensors(await readFile(join(folder, adapterPath(name))));
  const { inputMetadata } = (on.sessions as Sessions)['model']!;
  return Object.fromEntries(
    inputMetadata
      .filter((input) => /\.lora_[AB]$/.test(input.name))
      .map(({ name: input, shape }) => {
        const tensor = found[input];
        const dims = tensor?.shape ?? shape.map((length) => (typeof length === 'number' ? length : 0));
        return [
          input,
          new Tensor('float32', (tensor?.data as Float32Array) ?? new Float32Array(0), [...dims]),
        ];
      }),
  );
}

test('transformers.js swaps adapters of one model, and writes the tokens of the merged ones', async () => {
  const tokenizer = await AutoTokenizer.from_pretrained(folder);
  const there = await AutoModelForCausalLM.from_pretrained(folder);
  try {
    const none = await adapterInputs(there);
    // A public field: the inputs that generate() hands on to the model.
    there.forward_params = [...there.forward_params, ...Object.keys(none)];
    const ids = Array.from<number>(text.encode(prompt));
    const written = new Set<string>();
    for (const name of ['cats', 'dogs', undefined, 'cats'] as const) {
      const inputs = { ...tokenizer(prompt), ...(await adapterInputs(there, name)) };
      const output = (await there.generate({ ...inputs, do_sample: false, max_new_tokens: 24 })) as Tensor;
      const tokens = Array.from(output.data as BigInt64Array, Number);
      const merged = name === undefined ? base : adapters[name].merged;
      const own = await onReference(model, merged, (on) => greedyTokens(on, ids, 24));
      expect(tokens).toEqual([...ids, ...own]);
      written.add(tokens.join());
    }
    expect(written.size).toBe(3);
  } finally {
    await there.dispose();
  }
});

test('its pipeline takes an adapter with the options of an answer', async () => {
  const generate = await pipeline('text-generation', folder);
  try {
    const inputs = await adapterInputs(generate.model, 'cats');
    generate.model.forward_params = [...generate.model.forward_params, ...Object.keys(inputs)];
    const options = { max_new_tokens: 8, do_sample: false, ...inputs };
    const [{ generated_text: answer }] = (await generate(prompt, options)) as [{ generated_text: string }];
    const ids = Array.from<number>(text.encode(prompt));
    const own = await onReference(model, adapters.cats.merged, (on) => greedyTokens(on, ids, 8));
    expect(answer).toBe(text.decode([...ids, ...own]));
  } finally {
    await generate.dispose();
  }
});

test('without its inputs it says which are missing', async () => {
  const tokenizer = await AutoTokenizer.from_pretrained(folder);
  const there = await AutoModelForCausalLM.from_pretrained(folder);
  try {
    await expect(there.generate({ ...tokenizer(prompt), max_new_tokens: 1 })).rejects.toThrow(
      /Missing the following inputs: model\.layers\.0\.self_attn\.q_proj\.lora_A/,
    );
  } finally {
    await there.dispose();
  }
});
