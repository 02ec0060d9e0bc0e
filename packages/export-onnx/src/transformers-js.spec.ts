import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byteTokenizer, charTokenizer, tokenizerJson, type Tokenizer } from '@attune/data';
import { memoryTensors, modelConfigToHuggingFace } from '@attune/formats';
import { gpt2, llama, type LanguageModel } from '@attune/nn';
import { AutoModelForCausalLM, AutoTokenizer, env, type Tensor } from '@huggingface/transformers';
import { exportDecoder, storedTensors, type ExportOptions } from './index.js';
import { writeOnnxFolder } from './node/index.js';
import { greedyTokens, onReference, randomWeights } from './testing/tiny.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-tjs-'));
  env.allowRemoteModels = false;
  env.useFSCache = false;
});
afterAll(() => rm(folder, { recursive: true }));

const prompt = 'the cat sat ';

/** Continues the prompt in transformers.js, with nothing but the folder to go by. */
async function generateThere(path: string, count: number) {
  const tokenizer = await AutoTokenizer.from_pretrained(path);
  const model = await AutoModelForCausalLM.from_pretrained(path);
  try {
    const inputs = tokenizer(prompt);
    const options = { ...inputs, do_sample: false, max_new_tokens: count };
    const output = (await model.generate(options)) as Tensor;
    const tokens = Array.from(output.data as BigInt64Array, Number);
    return { tokens, text: tokenizer.decode(tokens, { skip_special_tokens: false }) };
  } finally {
    await model.dispose();
  }
}

/** The `config.json` that transformers.js reads. */
function configOf({ config }: LanguageModel): Record<string, unknown> {
  return modelConfigToHuggingFace(config);
}

const small = { blockSize: 48, nLayer: 2, nHead: 2, nEmbd: 8 };
const characters = charTokenizer('the cat sat on mat.\n');

test.each<[string, Tokenizer, (vocabSize: number) => LanguageModel, ExportOptions]>([
  ['GPT-2, of characters', characters, (vocabSize) => gpt2({ ...small, vocabSize, bias: false }), {}],
  ['as published', byteTokenizer(), (vocabSize) => gpt2({ ...small, vocabSize, activation: 'gelu_new' }), {}],
  [
    'with its weights in other files',
    byteTokenizer(),
    (vocabSize) => gpt2({ ...small, vocabSize }),
    { maxModelBytes: 1000, maxDataBytes: 100_000 },
  ],
  ['as f16', byteTokenizer(), (vocabSize) => gpt2({ ...small, vocabSize }), { dtype: 'f16' }],
  [
    'Llama with shared heads',
    byteTokenizer(),
    (vocabSize) => llama({ ...small, vocabSize, nKvHead: 1, intermediateSize: 12 }),
    {},
  ],
  [
    'Qwen3',
    characters,
    (vocabSize) =>
      llama({ ...small, vocabSize, family: 'qwen3', qkNorm: true, headDim: 6, intermediateSize: 12 }),
    {},
  ],
])('writes the tokens that attune writes: %s', async (name, tokenizer, modelOf, options) => {
  const model = modelOf(tokenizer.vocabSize);
  const tensors = randomWeights(model);
  const path = join(folder, name);
  await writeOnnxFolder(path, {
    model: exportDecoder(model.config, memoryTensors(tensors), options),
    dtype: options.dtype,
    config: configOf(model),
    tokenizer: { ...(await tokenizerJson(tokenizer.toJSON())) },
  });
  const ids = Array.from<number>(tokenizer.encode(prompt));
  const stored = storedTensors(tensors, options.dtype ?? 'f32');
  const tokens = [...ids, ...(await onReference(model, stored, (on) => greedyTokens(on, ids, 30)))];
  expect(await generateThere(path, 30)).toEqual({ tokens, text: tokenizer.decode(tokens) });
});
