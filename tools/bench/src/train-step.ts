/**
 * Times training steps of a GPT on random tokens, and prints one JSON object. The sizes, the optimizer and the clipping
 * are those of `tools/reference/bench_nanogpt.py`, which times PyTorch.
 *
 *     node tools/bench/dist/train-step.js --backend wasm --size S --warmup 10 --steps 30
 */
import { parseArgs } from 'node:util';
import { createBackend, hostTensor, Random, type Batch, type Dataset } from '@attune/core';
import { adamW, crossEntropy, gpt2, parameterCount, type Gpt2Config } from '@attune/nn';
import { Trainer } from '@attune/train';

interface Size {
  readonly config: Pick<Gpt2Config, 'vocabSize' | 'blockSize' | 'nLayer' | 'nHead' | 'nEmbd'>;
  readonly batchSize: number;
}

const sizes: Readonly<Record<string, Size>> = {
  // nanoGPT's CPU configuration.
  S: { config: { vocabSize: 65, blockSize: 64, nLayer: 4, nHead: 4, nEmbd: 128 }, batchSize: 12 },
  M: { config: { vocabSize: 512, blockSize: 256, nLayer: 6, nHead: 6, nEmbd: 384 }, batchSize: 4 },
};

/** Batches of random tokens, each with the next one as its target. */
function randomTokens({ config: { vocabSize, blockSize }, batchSize }: Size, seed: number): Dataset {
  const spec = { shape: [batchSize, blockSize], dtype: 'i32' } as const;
  const random = new Random(seed);
  const batch = (): Batch => {
    const rows = Array.from({ length: batchSize }, () =>
      Array.from({ length: blockSize + 1 }, () => random.uint32() % vocabSize),
    );
    return {
      x: hostTensor(
        'i32',
        spec.shape,
        rows.flatMap((row) => row.slice(0, -1)),
      ),
      y: hostTensor(
        'i32',
        spec.shape,
        rows.flatMap((row) => row.slice(1)),
      ),
    };
  };
  return {
    spec: { x: spec, y: spec },
    state: () => ({}),
    restore: () => undefined,
    async *[Symbol.asyncIterator]() {
      for (;;) yield batch();
    },
  };
}

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    'allow-cpu': { type: 'boolean', default: false },
    size: { type: 'string', default: 'S' },
    warmup: { type: 'string', default: '10' },
    steps: { type: 'string', default: '30' },
  },
});
const size = sizes[values.size];
if (!size) throw new Error(`--size must be one of ${Object.keys(sizes).join(', ')}, but is ${values.size}.`);
const [warmup, steps] = [Number(values.warmup), Number(values.steps)];

const backend = await createBackend(values.backend, { options: { allowCpu: values['allow-cpu'] } });
const model = gpt2({ ...size.config, bias: false, dropout: 0, activation: 'gelu' });
const trainer = new Trainer({
  backend,
  model,
  loss: crossEntropy(),
  optimizer: adamW({ learningRate: 1e-3, beta1: 0.9, beta2: 0.99, weightDecay: 0.1 }),
  data: randomTokens(size, 1337),
  gradClip: 1,
});
const milliseconds: number[] = [];
const losses: number[] = [];
const memory: number[] = [];
for await (const { step, stepMs, loss } of trainer.fit({ maxIters: warmup + steps })) {
  losses.push(loss);
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
  steps,
  stepMs: { median, min: milliseconds[0], max: milliseconds.at(-1) },
  tokensPerSecond: (1000 * size.batchSize * size.config.blockSize) / median,
  loss: { first: losses[0], last: losses.at(-1) },
  stateBytes: { first: memory[0], last: memory.at(-1) },
};
await trainer.dispose();
await backend.dispose();
console.log(JSON.stringify(report, null, 2));
