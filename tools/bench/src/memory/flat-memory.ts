/**
 * Trains 2,000 steps of a tiny GPT and generates 10,000 tokens, and prints what the backend and the process hold on the
 * way, as one JSON object. Fails where the backend holds more at the end than at the begin.
 *
 *     node --expose-gc tools/bench/dist/memory/flat-memory.js --backend wasm
 */
import { parseArgs } from 'node:util';
import { createBackend } from '@attune/core';
import { memoryTokens, tokenDataset } from '@attune/data';
import { adamW, crossEntropy, gpt2 } from '@attune/nn';
import { createGenerator, Trainer } from '@attune/train';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    'allow-cpu': { type: 'boolean', default: false },
    steps: { type: 'string', default: '2000' },
    tokens: { type: 'string', default: '10000' },
  },
});
const [steps, tokens] = [Number(values.steps), Number(values.tokens)];
const vocabSize = 17;

const backend = await createBackend(values.backend, { options: { allowCpu: values['allow-cpu'] } });
const snapshots: object[] = [];
const take = (what: string) => {
  (globalThis as { gc?: () => void }).gc?.();
  const rssMiB = Math.round(process.memoryUsage.rss() / 2 ** 20);
  snapshots.push({ what, rssMiB, ...backend.memory() });
};

const source = memoryTokens(Array.from({ length: 5000 }, (_, i) => (i * i) % vocabSize));
const model = gpt2({ vocabSize, blockSize: 16, nLayer: 1, nHead: 2, nEmbd: 8, dropout: 0.1 });
const trainer = new Trainer({
  backend,
  model,
  loss: crossEntropy(),
  optimizer: adamW({ learningRate: 1e-3 }),
  data: tokenDataset(source, { batchSize: 4, blockSize: 16, sampling: 'random', seed: 1, vocabSize }),
});
for await (const { step } of trainer.fit({ maxIters: steps })) {
  if (step === 1 || step % (steps / 4) === 0) take(`step ${step}`);
}
const afterTraining = backend.memory();

const generator = await createGenerator({ backend, model, state: await trainer.parameters() });
let generated = 0;
for await (const token of generator.generate([1], { maxNewTokens: tokens })) {
  if (token >= vocabSize) throw new Error(`Token ${token} is not in the vocabulary.`);
  generated++;
  if (generated === 1 || generated % (tokens / 4) === 0) take(`token ${generated}`);
}
generator.dispose();
const afterGeneration = backend.memory();
await trainer.dispose();
const afterDispose = backend.memory();
await backend.dispose();

const flat =
  afterGeneration.bytes === afterTraining.bytes && afterGeneration.buffers === afterTraining.buffers;
console.log(
  JSON.stringify({ backend: backend.name, node: process.version, snapshots, afterDispose, flat }, null, 2),
);
process.exitCode = flat && afterDispose.bytes === 0 && afterDispose.buffers === 0 ? 0 : 1;
