/**
 * Measures the memory of fine-tuning a model of GPT-2's size beside the prediction, as one JSON object: all of its
 * parameters, its upper layers, or adapters of rank 8. Random weights; one process for each measurement, since the
 * peak is the process's own.
 *
 *     node tools/bench/dist/memory/finetune-memory.js --backend cpu --mode lora --chunk-tokens 64
 */
import { parseArgs } from 'node:util';
import { createBackend } from '@attune/core';
import {
  adamW,
  applyLora,
  crossEntropy,
  freezeParameters,
  gpt2,
  lowerLayers,
  type Gpt2Model,
} from '@attune/nn';
import { Trainer } from '@attune/train';
import { randomTokens } from '../random-tokens.js';

const modes: Readonly<Record<string, (model: Gpt2Model) => void>> = {
  full: () => undefined,
  // The embeddings and all layers but two.
  freeze: (model) =>
    freezeParameters(model.parameters, { freeze: lowerLayers(model, Math.max(0, model.config.nLayer - 2)) }),
  lora: (model) => void applyLora(model, { rank: 8, targetModules: ['c_attn'] }),
};

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'cpu' },
    mode: { type: 'string', default: 'full' },
    'chunk-tokens': { type: 'string' },
    layers: { type: 'string', default: '12' },
    'block-size': { type: 'string', default: '256' },
    steps: { type: 'string', default: '4' },
  },
});
const apply = modes[values.mode];
if (!apply) throw new Error(`--mode must be one of ${Object.keys(modes).join(', ')}, but is ${values.mode}.`);
const chunkTokens = values['chunk-tokens'] === undefined ? undefined : Number(values['chunk-tokens']);
const steps = Number(values.steps);

const model = gpt2({
  vocabSize: 50257,
  nLayer: Number(values.layers),
  blockSize: Number(values['block-size']),
  dropout: 0,
});
apply(model);

/**
 * Bytes by what they are for. A backend that writes updates beside what they replace has two of everything that is
 * trained. For every token, a layer keeps some 30 rows as wide as the model for its gradient (4 of attention's outputs and
 * inputs of norms, 6 of queries, keys and values, 16 of the MLP, 4 of residuals), and its weights of attention; the head
 * keeps three tables of logits.
 */
function predict() {
  const bytesOf = (all: typeof model.parameters) =>
    4 * all.reduce((sum, { shape }) => sum + shape.reduce((size, length) => size * length, 1), 0);
  const { nLayer, nEmbd, nHead, blockSize, vocabSize } = model.config;
  const trained = model.parameters.filter(({ trainable }) => trainable);
  const parameters = bytesOf(model.parameters);
  const own = bytesOf(trained);
  const kept = values.mode === 'freeze' ? 3 : nLayer;
  const parts = {
    parameters,
    moments: 2 * own,
    secondBuffers: 3 * own,
    gradients: own,
    activations: kept * 4 * (30 * blockSize * nEmbd + nHead * blockSize ** 2),
    logits: 3 * 4 * Math.min(blockSize, chunkTokens ?? blockSize) * vocabSize,
    process: 120e6,
  };
  return { trained: own, ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

const predicted = predict();
const backend = await createBackend(values.backend);
const trainer = new Trainer({
  backend,
  model,
  loss: crossEntropy(chunkTokens === undefined ? {} : { chunkTokens }),
  optimizer: adamW({ learningRate: 1e-4 }),
  data: randomTokens({ batchSize: 1, ...model.config }, 1337),
  gradClip: 1,
});
const stepMs: number[] = [];
let held = backend.memory().bytes;
let afterFirstStep = 0;
const begin = performance.now();
let firstStepMs = 0;
let lastLoss = NaN;
for await (const metrics of trainer.fit({ maxIters: steps })) {
  if (metrics.step === 1) {
    firstStepMs = performance.now() - begin;
    afterFirstStep = process.resourceUsage().maxRSS * 1000;
  }
  stepMs.push(metrics.stepMs);
  held = Math.max(held, backend.memory().bytes);
  lastLoss = metrics.loss;
}
const megabytes = (bytes: number) => Math.round(bytes / 1e6);
const report = {
  backend: backend.device.description,
  mode: values.mode,
  chunkTokens,
  predictedMb: Object.fromEntries(Object.entries(predicted).map(([name, bytes]) => [name, megabytes(bytes)])),
  heldMb: megabytes(held),
  peakRssMb: { firstStep: megabytes(afterFirstStep), run: megabytes(process.resourceUsage().maxRSS * 1000) },
  firstStepMs: Math.round(firstStepMs),
  stepMs: stepMs.map(Math.round),
  loss: lastLoss,
};
await trainer.dispose();
await backend.dispose();
console.log(JSON.stringify(report, null, 2));
