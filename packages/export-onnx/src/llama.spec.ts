import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryTensors } from '@attune/formats';
import { llama, type LlamaOptions, type RopeScaling } from '@attune/nn';
import { exportDecoder, modelLogits, probeTexts, storedTensors } from './index.js';
import { verifyDecoder } from './node/index.js';
import { onReference, randomWeights, writeFiles } from './testing/tiny.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-onnx-'));
});
afterEach(() => rm(folder, { recursive: true }));

const tiny: LlamaOptions = {
  ...{ vocabSize: 13, blockSize: 16, maxPositions: 64, nLayer: 2, nHead: 4, nEmbd: 8, headDim: 4 },
  intermediateSize: 12,
};
const llama3: RopeScaling = {
  type: 'llama3',
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositions: 8,
};

test.each<[string, Partial<LlamaOptions>]>([
  ['Llama', {}],
  ['shared heads of keys and values', { nKvHead: 2 }],
  ['one head of keys and values', { nKvHead: 1, tieEmbeddings: true }],
  ["Llama 3.1's frequencies", { rope: { theta: 500, scaling: llama3 } }],
  ["YaRN's", { rope: { theta: 100, scaling: { type: 'yarn', factor: 4, originalMaxPositions: 8 } } }],
  ['Qwen2', { family: 'qwen2', attentionBias: 'qkv', nKvHead: 2, tieEmbeddings: true }],
  ['Qwen3', { family: 'qwen3', qkNorm: true, headDim: 6, nKvHead: 2 }],
  ['Mistral', { family: 'mistral', nKvHead: 2, slidingWindow: { size: 4, layers: [0, 1] } }],
  ['a window in one layer of two', { slidingWindow: { size: 3, layers: [1] } }],
  ['biases everywhere', { attentionBias: 'all', mlpBias: true }],
])('computes what the model computes, at once, by its cache and padded: %s', async (_, options) => {
  const model = llama({ ...tiny, ...options });
  const tensors = randomWeights(model);
  await writeFiles(folder, exportDecoder(model.config, memoryTensors(tensors)));
  const expected = await onReference(model, tensors, (on) => modelLogits(on, probeTexts(model.config)));
  const agreement = await verifyDecoder(join(folder, 'model.onnx'), expected);
  expect(agreement!.maxDifference).toBeLessThan(1e-5 * Math.max(1, agreement!.maxLogit));
});

test('takes as many tokens as the model is meant for, however few it was opened for', async () => {
  const model = llama({ ...tiny, blockSize: 4 });
  const tensors = randomWeights(model);
  await writeFiles(folder, exportDecoder(model.config, memoryTensors(tensors)));
  const longer = llama({ ...tiny, blockSize: 64 });
  const expected = await onReference(longer, tensors, (on) => modelLogits(on, probeTexts(longer.config)));
  expect(expected.tokens[0]!.length).toBeGreaterThan(4);
  expect((await verifyDecoder(join(folder, 'model.onnx'), expected))!.compared).toBeGreaterThan(0);
});

test('as f16, weights are rounded and tables of positions are not', async () => {
  const model = llama({ ...tiny, nKvHead: 2, tieEmbeddings: true });
  const tensors = randomWeights(model);
  await writeFiles(folder, exportDecoder(model.config, memoryTensors(tensors), { dtype: 'f16' }));
  const stored = storedTensors(tensors, 'f16');
  const expected = await onReference(model, stored, (on) => modelLogits(on, probeTexts(model.config)));
  const agreement = await verifyDecoder(join(folder, 'model_fp16.onnx'), expected);
  expect(agreement!.maxDifference).toBeLessThan(1e-5 * Math.max(1, agreement!.maxLogit));
});
