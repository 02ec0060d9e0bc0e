/**
 * Times training steps of a GPT on random tokens, and prints one JSON object. The sizes, the optimizer and the clipping
 * are those of `tools/reference/bench_nanogpt.py`, which times PyTorch.
 *
 *     node tools/bench/dist/training/train-step.js --backend wasm --size S --warmup 10 --steps 30
 */
import { parseArgs } from 'node:util';
import { createBackend } from '@attune/core';
import { parameterCount } from '@attune/nn';
import { Trainer } from '@attune/train';
import { gptOptions, sizeOf } from './gpt-options.js';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    'allow-cpu': { type: 'boolean', default: false },
    threads: { type: 'string' },
    engine: { type: 'string' },
    isa: { type: 'string' },
    size: { type: 'string', default: 'S' },
    warmup: { type: 'string', default: '10' },
    steps: { type: 'string', default: '30' },
    layers: { type: 'string' },
    'chunk-tokens': { type: 'string' },
    'gradient-checkpointing': { type: 'boolean', default: false },
  },
});
const size = sizeOf(values.size);
const [warmup, steps] = [Number(values.warmup), Number(values.steps)];

const threads = values.threads === undefined ? {} : { threads: Number(values.threads) };
const engine = {
  ...(values.engine !== undefined && { engine: values.engine }),
  ...(values.isa !== undefined && { isa: values.isa }),
};
const backend = await createBackend(values.backend, {
  options: { allowCpu: values['allow-cpu'], ...threads, ...engine },
});
const options = gptOptions(values.size, {
  backend,
  gradientCheckpointing: values['gradient-checkpointing'],
  ...(values.layers !== undefined && { layers: Number(values.layers) }),
  ...(values['chunk-tokens'] !== undefined && { chunkTokens: Number(values['chunk-tokens']) }),
});
const { model } = options;
const trainer = new Trainer(options);
const milliseconds: number[] = [];
const losses: number[] = [];
const memory: number[] = [];
const begin = performance.now();
let firstStepMs = 0;
for await (const { step, stepMs, loss } of trainer.fit({ maxIters: warmup + steps })) {
  losses.push(loss);
  if (step === 1) firstStepMs = performance.now() - begin;
  if (step > warmup) milliseconds.push(stepMs);
  memory.push(backend.memory().bytes);
}
milliseconds.sort((a, b) => a - b);
const median = milliseconds[Math.floor(milliseconds.length / 2)]!;
const report = {
  backend: backend.name,
  device: backend.device.description,
  node: process.version,
  size: values.size,
  batchSize: size.batchSize,
  parameters: parameterCount(model),
  layers: model.config.nLayer,
  steps,
  /** From the call of `fit` on: weights, graph, compilation, and the step itself. */
  firstStepMs,
  stepMs: { median, min: milliseconds[0], max: milliseconds.at(-1) },
  tokensPerSecond: (1000 * size.batchSize * model.config.blockSize) / median,
  loss: { first: losses[0], last: losses.at(-1) },
  peakRssMb: process.resourceUsage().maxRSS / 1000,
  stateBytes: { first: memory[0], last: memory.at(-1) },
};
await trainer.dispose();
await backend.dispose();
console.log(JSON.stringify(report, null, 2));
