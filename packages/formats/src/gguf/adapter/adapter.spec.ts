import { hostTensor, type HostTensors } from '@attune/core';
import { gpt2Config, llamaConfig, loraConfig, type LoraOptions } from '@attune/nn';
import { ggufAdapter } from './adapter.js';

const gpt2 = gpt2Config({
  vocabSize: 4,
  blockSize: 3,
  nLayer: 1,
  nHead: 1,
  nEmbd: 2,
  activation: 'gelu_new',
});
const llama = llamaConfig({
  vocabSize: 4,
  nLayer: 1,
  nHead: 1,
  nEmbd: 4,
  intermediateSize: 8,
  tieEmbeddings: true,
});

/** Factors of a layer: A `[1, in]`, B `[out, 1]`, which count up. */
const factors = (path: string, inputs: number, outputs: number): HostTensors => ({
  [`${path}.lora_A.weight`]: hostTensor(
    'f32',
    [1, inputs],
    Array.from({ length: inputs }, (_, i) => i),
  ),
  [`${path}.lora_B.weight`]: hostTensor(
    'f32',
    [outputs, 1],
    Array.from({ length: outputs }, (_, i) => i),
  ),
});
const adapterOf = (tensors: HostTensors, lora: Partial<LoraOptions> = {}, replaced?: HostTensors) => ({
  config: { lora: loraConfig({ targetModules: ['x'], rank: 1, alpha: 16, ...lora }) },
  ...{ tensors, ...(replaced && { replaced }) },
});
const attention = factors('transformer.h.0.attn.c_attn', 2, 6);

test("factors have llama.cpp's names and orientation, which are peft's shapes", async () => {
  const { tensors, metadata } = ggufAdapter(gpt2, adapterOf(attention), { name: 'cats' });
  expect(tensors.map(({ name, shape, type }) => [name, shape, type])).toEqual([
    ['blk.0.attn_qkv.weight.lora_a', [1, 2], 'f32'],
    ['blk.0.attn_qkv.weight.lora_b', [6, 1], 'f32'],
  ]);
  expect([...(await tensors[1]!.read())]).toEqual([0, 1, 2, 3, 4, 5]);
  expect(metadata.get('general.type')).toEqual({ type: 'string', value: 'adapter' });
  expect(metadata.get('adapter.type')).toEqual({ type: 'string', value: 'lora' });
  expect(metadata.get('adapter.lora.alpha')).toEqual({ type: 'f32', value: 16 });
});

test("a Llama's queries are in the order of its weights", async () => {
  const { tensors } = ggufAdapter(llama, adapterOf(factors('model.layers.0.self_attn.q_proj', 4, 4)), {
    name: 'q',
  });
  expect([...(await tensors[0]!.read())]).toEqual([0, 1, 2, 3]);
  expect([...(await tensors[1]!.read())]).toEqual([0, 2, 1, 3]);
});

test('a rank-stabilised scale is put into alpha', () => {
  const { metadata } = ggufAdapter(gpt2, adapterOf({}, { rank: 4, useRslora: true }), { name: 'a' });
  // llama.cpp divides by the rank: 32 / 4 = 16 / √4.
  expect(metadata.get('adapter.lora.alpha')).toEqual({ type: 'f32', value: 32 });
});

const vector = hostTensor('f32', [2], [0, 0]);

test.each([
  ['DoRA', adapterOf(attention, { useDora: true }), /DoRA/],
  [
    'a bias',
    adapterOf({ 'transformer.ln_f.bias': vector }),
    /trains more than factors \(transformer.ln_f.bias\)/,
  ],
  ['an embedding', adapterOf({}, {}, { 'transformer.wte.weight': vector }), /replaces weights .*wte/],
  ['a head that was tied', adapterOf(factors('lm_head', 2, 4)), /head that the model ties/],
  [
    'a layer of another model',
    adapterOf(factors('transformer.h.7.attn.c_attn', 2, 6)),
    /no layers for transformer.h.7/,
  ],
])('an adapter with %s is refused by name', (_, adapter, message) => {
  expect(() => ggufAdapter(gpt2, adapter, { name: 'a' })).toThrow(
    expect.objectContaining({ code: 'UNSUPPORTED_MODEL', message: expect.stringMatching(message) }),
  );
});

test('so is one for a model that llama.cpp would compute otherwise', () => {
  const exact = { ...gpt2, activation: 'gelu' } as const;
  expect(() => ggufAdapter(exact, adapterOf(attention), { name: 'a' })).toThrow(/exact GELU/);
});
