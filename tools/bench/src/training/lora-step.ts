/**
 * Times LoRA steps of rank 8 on random tokens, T 256, B 1, and prints one JSON object with the process's peak memory:
 * GPT-2 124M with random weights, or the model of a folder, whose frozen weights are held as `--frozen` says.
 * `tools/reference/bench_lora.py` does the same in peft.
 *
 *     node tools/bench/dist/training/lora-step.js --backend cpu --threads 2
 *     node tools/bench/dist/training/lora-step.js --backend cpu --threads 2 --model FOLDER --frozen bf16
 */
import { parseArgs } from 'node:util';
import { createBackend } from '@attune/core';
import { lazyTensors } from '@attune/formats';
import { readModelFolder } from '@attune/formats/node';
import {
  adamW,
  applyLora,
  crossEntropy,
  gpt2,
  parameterCount,
  storeFrozen,
  type LanguageModel,
} from '@attune/nn';
import { Trainer } from '@attune/train';
import { randomTokens } from '../random-tokens.js';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'cpu' },
    threads: { type: 'string', default: '2' },
    model: { type: 'string' },
    frozen: { type: 'string' },
    'block-size': { type: 'string', default: '256' },
    'chunk-tokens': { type: 'string' },
    'gradient-checkpointing': { type: 'boolean', default: false },
    warmup: { type: 'string', default: '2' },
    steps: { type: 'string', default: '8' },
  },
});
const blockSize = Number(values['block-size']);
const chunkTokens = values['chunk-tokens'] === undefined ? undefined : Number(values['chunk-tokens']);
const [warmup, steps] = [Number(values.warmup), Number(values.steps)];

const folder = values.model === undefined ? undefined : await readModelFolder(values.model);
const model: LanguageModel = folder
  ? (folder.model as LanguageModel)
  : gpt2({ vocabSize: 50257, blockSize, dropout: 0 });
const targetModules = folder ? ['q_proj', 'v_proj'] : ['c_attn'];
applyLora(model, { rank: 8, alpha: 16, targetModules });
if (values.frozen !== undefined) storeFrozen(model, values.frozen as 'bf16' | 'f16');

const backend = await createBackend(values.backend, { options: { threads: Number(values.threads) } });
const trainer = new Trainer({
  backend,
  model,
  loss: crossEntropy(chunkTokens === undefined ? {} : { chunkTokens }),
  optimizer: adamW({ learningRate: 1e-4 }),
  data: randomTokens({ batchSize: 1, blockSize, vocabSize: model.config.vocabSize }, 1337),
  gradClip: 1,
  gradientCheckpointing: values['gradient-checkpointing'],
  ...(folder && { weights: async () => lazyTensors(folder.tensors, { narrow: true }) }),
});
const milliseconds: number[] = [];
let lastLoss = NaN;
for await (const { step, stepMs, loss } of trainer.fit({ maxIters: warmup + steps })) {
  if (step > warmup) milliseconds.push(stepMs);
  lastLoss = loss;
}
await folder?.tensors.close();
milliseconds.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    backend: backend.device.description,
    parameters: parameterCount(model).total,
    stepMs: { median: milliseconds[milliseconds.length >> 1], min: milliseconds[0] },
    heldMb: backend.memory().bytes / 1e6,
    peakRssMb: process.resourceUsage().maxRSS / 1000,
    loss: lastLoss,
  }),
);
await trainer.dispose();
await backend.dispose();
