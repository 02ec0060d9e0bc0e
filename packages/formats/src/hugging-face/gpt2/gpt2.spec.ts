import { hostTensor, sizeOf, type HostTensors } from '@attune/core';
import { gpt2, gpt2Config, type Gpt2Config } from '@attune/nn';
import {
  memoryTensors,
  modelConfigFromHuggingFace,
  modelConfigToHuggingFace,
  modelTensors,
  readTensors,
  savedSpecs,
  storedTensors,
  type ReadConfigOptions,
  type TensorReader,
} from '../../index.js';

const config: Gpt2Config = {
  family: 'gpt2',
  vocabSize: 6,
  blockSize: 3,
  nLayer: 1,
  nHead: 2,
  nEmbd: 4,
  dropout: 0.1,
  bias: true,
  activation: 'gelu_new',
  layerNormEpsilon: 1e-5,
};

const json = (changes: object = {}) => ({ ...modelConfigToHuggingFace(config), ...changes });
const configOf = (document: object, options?: ReadConfigOptions) =>
  modelConfigFromHuggingFace(document as Record<string, unknown>, options).config as Gpt2Config;
const parametersOf = async (config: Gpt2Config, reader: TensorReader) =>
  readTensors(await modelTensors(config, reader));

const code = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('config.json', () => {
  test.each([
    config,
    { ...config, bias: false },
    { ...config, tieEmbeddings: false },
    { ...config, activation: 'gelu' as const, dropout: 0, layerNormEpsilon: 1e-6 },
  ])('comes back: %j', (config) => {
    expect(configOf(JSON.parse(JSON.stringify(modelConfigToHuggingFace(config))))).toEqual(config);
  });

  test('is what our model is built from', () => {
    expect(gpt2(configOf(json())).config).toEqual(gpt2Config(config));
  });

  test('keys that are left out have the values that transformers gives them: the published 124M model', () => {
    expect(configOf({ model_type: 'gpt2' })).toEqual({
      family: 'gpt2',
      vocabSize: 50257,
      blockSize: 1024,
      nLayer: 12,
      nHead: 12,
      nEmbd: 768,
      dropout: 0.1,
      bias: true,
      activation: 'gelu_new',
      layerNormEpsilon: 1e-5,
    });
  });

  test('gelu_pytorch_tanh is another name of gelu_new', () => {
    expect(configOf(json({ activation_function: 'gelu_pytorch_tanh' })).activation).toBe('gelu_new');
  });

  test('n_inner may say what is so anyway', () => {
    expect(configOf(json({ n_inner: 16 }))).toEqual(config);
  });

  test.each([
    [{ model_type: 'smollm3' }, /model_type is "smollm3", but only gpt2, llama, mistral, qwen2, qwen3 are/],
    [{ activation_function: 'relu' }, /activation_function is "relu"/],
    [{ scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx is true/],
    [{ reorder_and_upcast_attn: true }, /reorder_and_upcast_attn is true/],
    [{ add_cross_attention: true }, /add_cross_attention is true/],
    [{ scale_attn_weights: false }, /scale_attn_weights is false/],
    [{ n_inner: 17 }, /n_inner is 17/],
    [{ quantization_config: { bits: 4 } }, /quantization_config is set/],
    [{ n_inner: 17, add_cross_attention: true }, /add_cross_attention.*n_inner/],
  ])('%j is refused by name', (changes, message) => {
    expect(() => configOf(json(changes))).toThrow(code('UNSUPPORTED_MODEL', message));
  });

  test.each([
    [{ n_layer: 0 }, /n_layer must be a positive integer of at most 10000, but is 0/],
    [{ vocab_size: '6' }, /vocab_size must be a positive integer, but is "6"/],
    [{ tie_word_embeddings: 0 }, /tie_word_embeddings must be true or false/],
    [{ n_head: 3 }, /n_embd must be a multiple of n_head, 3/],
    [{ attn_pdrop: 1 }, /attn_pdrop must be a number in \[0, 1\)/],
    [{ layer_norm_epsilon: null }, /layer_norm_epsilon must be a positive number/],
    [{ attune: { bias: 'no' } }, /attune must be an object whose "bias" is true or false/],
  ])('%j is out of range', (changes, message) => {
    expect(() => configOf(json(changes))).toThrow(code('INVALID_CONFIG', message));
  });

  test('dropouts that differ are kept apart, unless the caller says otherwise', () => {
    const differing = json({ embd_pdrop: 0.3, attn_pdrop: 0 });
    const dropout = { embedding: 0.3, attention: 0, residual: 0.1 };
    expect(configOf(differing).dropout).toEqual(dropout);
    expect(modelConfigToHuggingFace({ ...config, dropout })).toEqual(differing);
    expect(configOf(differing, { dropout: 0 }).dropout).toBe(0);
  });
});

/** Every tensor that a folder has, biases included, filled with numbers of its own. */
function stored(): Record<string, HostTensors[string]> {
  return Object.fromEntries(
    Object.entries(savedSpecs(config)).map(([name, { shape }], k) => [
      name,
      hostTensor(
        'f32',
        shape,
        Float32Array.from({ length: sizeOf(shape) }, (_, i) => k + i / 64),
      ),
    ]),
  );
}

const read = (tensors: HostTensors, changes: Partial<Gpt2Config> = {}) =>
  parametersOf({ ...config, ...changes }, memoryTensors(tensors, 'folder'));

const renamed = (rename: (name: string) => string) =>
  Object.fromEntries(Object.entries(stored()).map(([name, tensor]) => [rename(name), tensor]));

describe('tensors', () => {
  test.each([true, false])('are those of our model, with bias %s', (bias) => {
    const ours = gpt2({ ...config, bias }).parameters.map(({ name, shape, dtype }) => [
      name,
      { shape, dtype },
    ]);
    expect(savedSpecs({ ...config, bias })).toEqual(Object.fromEntries(ours));
  });

  test('names come with and without "transformer."', async () => {
    expect(await read(renamed((name) => name.replace('transformer.', '')))).toEqual(stored());
    expect(await read(stored())).toEqual(stored());
  });

  test('but not both', async () => {
    const both = { ...stored(), 'wte.weight': stored()['transformer.wte.weight']! };
    await expect(read(both)).rejects.toThrow(/transformer.wte.weight and wte.weight are the same tensor/);
  });

  test('masks of old folders are passed over', async () => {
    const mask = hostTensor('i32', [1, 1, 3, 3], new Array(9).fill(1));
    const old = { 'h.0.attn.bias': mask, 'transformer.h.0.attn.masked_bias': mask };
    expect(await read({ ...stored(), ...old })).toEqual(stored());
  });

  test('a head that equals the token embedding is left out', async () => {
    expect(await read({ ...stored(), 'lm_head.weight': stored()['transformer.wte.weight']! })).toEqual(
      stored(),
    );
  });

  test('a head of its own is refused', async () => {
    const head = hostTensor('f32', [6, 4], new Array(24).fill(9));
    await expect(read({ ...stored(), 'lm_head.weight': head })).rejects.toMatchObject({
      code: 'UNSUPPORTED_MODEL',
    });
  });

  test('unless it is not tied: then the model has one, too', async () => {
    const head = hostTensor('f32', [6, 4], new Array(24).fill(9));
    const untied = { ...stored(), 'lm_head.weight': head };
    expect(await read(untied, { tieEmbeddings: false })).toEqual(untied);
    await expect(read(stored(), { tieEmbeddings: false })).rejects.toThrow(/lm_head.weight is missing/);
  });

  test('a tensor of a dtype that is not read is not called missing', async () => {
    const { ['transformer.ln_f.bias']: _, ...rest } = stored();
    const reader = { ...memoryTensors(rest), unreadable: { 'ln_f.bias': 'F64' } };
    await expect(parametersOf(config, reader)).rejects.toThrow(
      /: transformer.ln_f.bias is F64, which is not read\./,
    );
  });

  test('everything that does not fit is listed at once', async () => {
    const { ['transformer.ln_f.bias']: _, ...rest } = stored();
    const wrong = {
      ...rest,
      'transformer.wpe.weight': hostTensor('f32', [2, 4], new Array(8).fill(0)),
      'score.weight': hostTensor('f32', [1], [0]),
    };
    await expect(read(wrong)).rejects.toEqual(
      code(
        'CHECKPOINT_MISMATCH',
        /wpe.weight is f32\[2, 4\] instead of f32\[3, 4\]; transformer.ln_f.bias is missing; score.weight is unexpected/,
      ),
    );
  });
});

describe('a model without biases', () => {
  const biasFree = { ...config, bias: false };
  const parameters = () =>
    Object.fromEntries(Object.entries(stored()).filter(([name]) => !name.endsWith('.bias')));

  test('is stored with zeros, which are checked and left out again', async () => {
    const tensors = await readTensors(storedTensors(biasFree, parameters()));
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(stored()).sort());
    expect(tensors['transformer.h.0.mlp.c_fc.bias']).toEqual(hostTensor('f32', [16], new Array(16).fill(0)));
    expect(await read(tensors, { bias: false })).toEqual(parameters());
  });

  test('has no other biases', async () => {
    await expect(read(stored(), { bias: false })).rejects.toEqual(
      code('CHECKPOINT_MISMATCH', /c_attn.bias is not zero, although the model has no biases/),
    );
  });

  test('is not written from parameters that have some', () => {
    expect(() => storedTensors(biasFree, stored())).toThrow(
      code('CHECKPOINT_MISMATCH', /c_attn.bias is unexpected/),
    );
    expect(() => storedTensors(config, parameters())).toThrow(
      code('CHECKPOINT_MISMATCH', /c_attn.bias is missing/),
    );
  });
});
