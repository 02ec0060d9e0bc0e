import { hostTensor, sizeOf, type HostTensors } from '@attune/core';
import { gpt2Config, llamaConfig, type Gpt2Options, type LlamaOptions } from '@attune/nn';
import { ggufModel, memoryTensors, savedSpecs, type GgufContents, type ModelConfig } from '../../index.js';

const chars = Object.fromEntries(['a', 'b', 'ÿ'].map((token, id) => [token, id]));
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
const tokenizer = {
  tokenizerJson: { model: { type: 'BPE', vocab: chars, merges: [] }, pre_tokenizer: byteLevel },
};

/** Tensors whose numbers count up, so that it shows where each of them goes. */
function counted(config: ModelConfig): HostTensors {
  return Object.fromEntries(
    Object.entries(savedSpecs(config)).map(([name, { shape }]) => [
      name,
      hostTensor(
        'f32',
        shape,
        Float32Array.from({ length: sizeOf(shape) }, (_, i) => i),
      ),
    ]),
  );
}

const exported = (config: ModelConfig, tensors = counted(config), dtype?: 'q8_0') =>
  ggufModel(config, memoryTensors(tensors), { name: 'tiny', tokenizer, ...(dtype && { dtype }) });

const gpt2 = (options: Partial<Gpt2Options> = {}) =>
  gpt2Config({
    vocabSize: 4,
    blockSize: 3,
    nLayer: 1,
    nHead: 1,
    nEmbd: 2,
    activation: 'gelu_new',
    ...options,
  });

const llama = (options: Partial<LlamaOptions> = {}) =>
  llamaConfig({
    ...{ vocabSize: 4, blockSize: 8, nLayer: 1, nHead: 1, nEmbd: 4, intermediateSize: 32 },
    ...options,
  });

const tensor = ({ tensors }: GgufContents, name: string) => tensors.find((one) => one.name === name)!;
const read = async (contents: GgufContents, name: string) => [...(await tensor(contents, name).read())];

test("a GPT-2's linear weights are transposed, and its head is left out where it is the embedding", async () => {
  const file = exported(gpt2());
  expect(tensor(file, 'blk.0.attn_qkv.weight').shape).toEqual([6, 2]);
  // [in, out] = [2, 6]: 0 … 5 in the first row.
  expect(await read(file, 'blk.0.attn_qkv.weight')).toEqual([0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]);
  expect(tensor(file, 'output.weight')).toBeUndefined();
  expect(tensor(exported(gpt2({ tieEmbeddings: false })), 'output.weight').shape).toEqual([4, 2]);
});

test('biases that a GPT-2 lacks are zeros', async () => {
  const file = exported(gpt2({ bias: false }));
  expect(await read(file, 'blk.0.attn_norm.bias')).toEqual([0, 0]);
  expect(await read(exported(gpt2()), 'blk.0.attn_norm.bias')).toEqual([0, 1]);
});

test('the rows of queries and keys that a Llama turns together are neighbours', async () => {
  const file = exported(llama());
  // Rows 0, 2, 1, 3 of four numbers each.
  expect(await read(file, 'blk.0.attn_q.weight')).toEqual([
    ...[0, 1, 2, 3, 8, 9, 10, 11],
    ...[4, 5, 6, 7, 12, 13, 14, 15],
  ]);
  expect((await read(file, 'blk.0.attn_v.weight'))[4]).toBe(4);
  expect((await read(exported(llama({ family: 'qwen2' })), 'blk.0.attn_q.weight'))[4]).toBe(4);
});

test('norms stay f32, and rows that are no whole blocks are f16', () => {
  const file = exported(llama(), undefined, 'q8_0');
  expect(tensor(file, 'output_norm.weight').type).toBe('f32');
  expect(tensor(file, 'blk.0.ffn_up.weight').type).toBe('f16');
  expect(tensor(file, 'blk.0.ffn_down.weight').type).toBe('q8_0');
  expect(tensor(exported(gpt2(), undefined, 'q8_0'), 'position_embd.weight').type).toBe('f32');
});

test("Llama 3.1's frequencies are divided by factors of their own", async () => {
  const scaling = {
    type: 'llama3',
    factor: 8,
    lowFreqFactor: 1,
    highFreqFactor: 4,
    originalMaxPositions: 64,
  } as const;
  const file = exported(llama({ rope: { theta: 10_000, scaling } }));
  // One turn in 6 tokens stays, one in 628 is slowed down.
  expect(await read(file, 'rope_freqs.weight')).toEqual([1, 8]);
});

test.each<[string, ModelConfig, RegExp]>([
  ['the exact GELU', gpt2({ activation: 'gelu' }), /exact GELU \("gelu"\)/],
  ['a sliding window', llama({ slidingWindow: { size: 4, layers: [0] } }), /sliding window of 4 tokens/],
  ['norms of queries and keys in a Llama', llama({ qkNorm: true }), /norms queries and keys/],
  ['biases that Qwen2 has not', llama({ family: 'qwen2', attentionBias: 'all' }), /biases \(all\).*qwen2/],
  [
    'YaRN with a factor of its own',
    llama({
      rope: { theta: 1e4, scaling: { type: 'yarn', factor: 2, originalMaxPositions: 8, attentionFactor: 3 } },
    }),
    /YaRN/,
  ],
  ['a head that predicts classes', { body: gpt2(), numLabels: 2 } as ModelConfig, /classifier/],
])('%s is refused by name', (_, config, message) => {
  expect(() => exported(config, {})).toThrow(
    expect.objectContaining({ code: 'UNSUPPORTED_MODEL', message: expect.stringMatching(message) }),
  );
});

test('a window that the whole context fits into is none', () => {
  expect(() => exported(llama({ slidingWindow: { size: 8, layers: [0] } }))).not.toThrow();
});

test('a tensor that is missing or of another shape is an error before anything is read', () => {
  const { 'transformer.wpe.weight': _, ...others } = counted(gpt2());
  expect(() => exported(gpt2(), others)).toThrow(/transformer.wpe.weight is missing/);
  const wide = { ...others, 'transformer.wpe.weight': hostTensor('f32', [1], [0]) };
  expect(() => exported(gpt2(), wide)).toThrow(/transformer.wpe.weight is f32\[1\] instead of f32\[3, 2\]/);
});
