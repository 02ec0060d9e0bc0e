import { mkdtemp, readFile, rm, writeFile, mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gpt2, type Gpt2Config } from '@attune/nn';
import type { HostTensors } from '@attune/core';
import { readTensors, savedSpecs } from '../index.js';
import {
  readHuggingFaceFolder,
  readModelFolder,
  readSafetensors,
  writeModelFolder,
  writeSafetensors,
} from '../node/index.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../backend-testkit/fixtures/${name}/model`, import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-gpt2-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A folder's model, with all of its numbers. */
async function read(path: string) {
  const { config, tensors, tokenizerFiles } = await readModelFolder(path);
  try {
    return { config, parameters: await readTensors(tensors), tokenizerFiles };
  } finally {
    await tensors.close();
  }
}

const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

const config: Gpt2Config = {
  family: 'gpt2',
  vocabSize: 7,
  blockSize: 5,
  nLayer: 2,
  nHead: 2,
  nEmbd: 4,
  dropout: 0,
  bias: true,
  activation: 'gelu',
  layerNormEpsilon: 1e-5,
};

/** Every parameter filled with numbers of its own. */
function parametersOf(shape: Gpt2Config): HostTensors {
  return Object.fromEntries(
    Object.entries(savedSpecs(shape)).map(([name, spec], k) => {
      const data = Float32Array.from({ length: spec.shape.reduce((a, b) => a * b, 1) }, (_, i) =>
        Math.sin(k + i),
      );
      return [name, { ...spec, dtype: 'f32', data }];
    }),
  );
}

describe('a folder that transformers wrote', () => {
  test.each([
    ['hf_gpt2_tiny', 'gelu_new'],
    ['hf_gpt2_tiny_gelu', 'gelu'],
  ])('%s is read, and has the parameters of our model', async (name, activation) => {
    const { config, parameters } = await read(fixture(name));
    expect(config).toEqual({
      family: 'gpt2',
      vocabSize: 29,
      blockSize: 32,
      nLayer: 2,
      nHead: 2,
      nEmbd: 16,
      dropout: 0.1,
      bias: true,
      activation,
      layerNormEpsilon: 1e-5,
    });
    const expected = gpt2(config as Gpt2Config).parameters.map(({ name, shape }) => [name, shape]);
    expect(new Map(Object.entries(parameters).map(([key, { shape }]) => [key, shape]))).toEqual(
      new Map(expected as [string, number[]][]),
    );
  });

  test('is written again with the same weights, byte by byte', async () => {
    const source = fixture('hf_gpt2_tiny');
    await writeModelFolder(folder, await read(source));
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(
      await readFile(join(source, 'model.safetensors')),
    );
    const [ours, theirs] = await Promise.all(
      [folder, source].map((path) => readJson(join(path, 'config.json'))),
    );
    for (const [key, value] of Object.entries(ours)) {
      if (key in theirs && !/token_id|initializer_range/.test(key))
        expect([key, value]).toEqual([key, theirs[key]]);
    }
  });
});

describe('writing and reading', () => {
  test('a model with biases comes back', async () => {
    const parameters = parametersOf(config);
    await writeModelFolder(folder, { config, parameters });
    expect(await read(folder)).toEqual({ config, parameters, tokenizerFiles: [] });
  });

  test('a model without biases is stored with zeros, and comes back without', async () => {
    const biasFree = { ...config, bias: false };
    const parameters = parametersOf(biasFree);
    await writeModelFolder(folder, { config: biasFree, parameters });

    const stored = await readSafetensors(join(folder, 'model.safetensors'));
    expect(stored['transformer.h.0.attn.c_attn.bias']).toEqual({
      dtype: 'f32',
      shape: [12],
      data: new Float32Array(12),
    });
    expect(await read(folder)).toEqual({ config: biasFree, parameters, tokenizerFiles: [] });
  });

  test('config.json says everything that transformers would otherwise assume', async () => {
    await writeModelFolder(folder, { config, parameters: parametersOf(config), tokens: { eosTokenId: 3 } });
    expect(await readJson(join(folder, 'config.json'))).toMatchObject({
      architectures: ['GPT2LMHeadModel'],
      bos_token_id: null,
      eos_token_id: 3,
      n_ctx: 5,
      tie_word_embeddings: true,
    });
    expect(await readJson(join(folder, 'generation_config.json'))).toMatchObject({ eos_token_id: 3 });
  });

  test('the head is not stored: it is the token embedding', async () => {
    await writeModelFolder(folder, { config, parameters: parametersOf(config) });
    expect(Object.keys(await readSafetensors(join(folder, 'model.safetensors')))).not.toContain(
      'lm_head.weight',
    );
  });

  test('files of the tokenizer go with it, and no temporary file stays', async () => {
    const files = { 'tokenizer.json': { model: {} }, 'merges.txt': '#version: 0.2\n' };
    await writeModelFolder(folder, { config, parameters: parametersOf(config), files });
    expect((await readdir(folder)).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'merges.txt',
      'model.safetensors',
      'tokenizer.json',
    ]);
    expect((await read(folder)).tokenizerFiles).toEqual(['tokenizer.json', 'merges.txt']);
  });

  test.each(['../evil.json', 'config.json', '.hidden', ''])('a file cannot be named %j', async (name) => {
    const files = { [name]: {} };
    await expect(
      writeModelFolder(folder, { config, parameters: parametersOf(config), files }),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('shards', () => {
  async function writeShards(map: Record<string, unknown>) {
    const all = Object.entries(parametersOf(config));
    await mkdir(folder, { recursive: true });
    await writeSafetensors(join(folder, 'a.safetensors'), Object.fromEntries(all.slice(0, 5)));
    await writeSafetensors(join(folder, 'b.safetensors'), Object.fromEntries(all.slice(5)));
    const weightMap = Object.fromEntries(
      all.map(([name], i) => [name, i < 5 ? 'a.safetensors' : 'b.safetensors']),
    );
    const index = { metadata: { total_size: 0 }, weight_map: { ...weightMap, ...map } };
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    const json = await readJson(join(fixture('hf_gpt2_tiny'), 'config.json'));
    const shape = { vocab_size: 7, n_positions: 5, n_embd: 4, activation_function: 'gelu' };
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...json, ...shape }));
  }

  test('are read as one model', async () => {
    await writeShards({});
    const { parameters } = await read(folder);
    expect(parameters).toEqual(parametersOf(config));
  });

  test.each(['../a.safetensors', '/etc/passwd', 'x/../../a.safetensors', 'C:\\a', '..\\a', 5])(
    '%j is not followed out of the folder',
    async (file) => {
      await writeShards({ 'transformer.wte.weight': file });
      await expect(read(folder)).rejects.toMatchObject({
        code: 'FILE_CORRUPT',
        message: expect.stringContaining('the file of "transformer.wte.weight"'),
      });
    },
  );

  test('must hold what the index says', async () => {
    await writeShards({ 'transformer.wte.weight': 'b.safetensors' });
    await expect(read(folder)).rejects.toThrow(
      /"transformer.wte.weight" is not in b.safetensors; a.safetensors has "transformer.wte.weight"/,
    );
  });

  test('must be there', async () => {
    await writeShards({ 'transformer.wte.weight': 'c.safetensors' });
    await expect(read(folder)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('c.safetensors does not exist'),
    });
  });
});

describe('what is wrong with a folder is said', () => {
  test('it does not exist', async () => {
    await expect(readHuggingFaceFolder(join(folder, 'none'))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });

  test('it has no config.json', async () => {
    await expect(readHuggingFaceFolder(folder)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('config.json does not exist'),
    });
  });

  test('config.json is not JSON', async () => {
    await writeFile(join(folder, 'config.json'), '{"model_type"');
    await expect(readHuggingFaceFolder(folder)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });

  test('it has only pickled weights', async () => {
    await writeFile(join(folder, 'config.json'), '{"model_type": "gpt2"}');
    await writeFile(join(folder, 'pytorch_model.bin'), '');
    await expect(readHuggingFaceFolder(folder)).rejects.toThrow(/only pytorch_model.bin\. Convert it/);
  });

  test('weights are of another shape', async () => {
    await writeModelFolder(folder, { config, parameters: parametersOf(config) });
    const json = await readJson(join(folder, 'config.json'));
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...json, n_layer: 1, vocab_size: 8 }));
    await expect(read(folder)).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
      message: expect.stringMatching(
        /wte.weight is f32\[7, 4\] instead of f32\[8, 4\].*h.1.ln_1.weight is unexpected/,
      ),
    });
  });

  test('weights are cut short', async () => {
    await writeModelFolder(folder, { config, parameters: parametersOf(config) });
    const path = join(folder, 'model.safetensors');
    await writeFile(path, (await readFile(path)).subarray(0, -4));
    await expect(read(folder)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('cut short'),
    });
  });

  test('a write that fails leaves the file that was there', async () => {
    const path = join(folder, 'x.safetensors');
    await writeSafetensors(path, { a: { dtype: 'f32', shape: [1], data: Float32Array.of(1) } });
    const wrong = { a: { dtype: 'f32', shape: [2], data: Float32Array.of(1) } } as const;
    await expect(writeSafetensors(path, wrong)).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    expect(await readdir(folder)).toEqual(['x.safetensors']);
    expect((await readSafetensors(path))['a']!.data).toEqual(Float32Array.of(1));
  });

  test('a place that cannot be written to', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(
      writeModelFolder(join(folder, 'file'), { config, parameters: parametersOf(config) }),
    ).rejects.toMatchObject({ code: 'FILE_WRITE' });
  });
});
