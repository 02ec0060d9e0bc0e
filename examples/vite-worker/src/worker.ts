/** Trains a model and reports every step, away from the page, which stays responsive. */
import { backend as wasm } from '@attune/backend-wasm';
import { createBackend, type Backend } from '@attune/core';
import { memoryTokens, prepareText, tokenDataset } from '@attune/data';
import { storyCorpus } from '@attune/demo-data';
import { adamW, cosine, crossEntropy, gpt2 } from '@attune/nn';
import { createGenerator, Trainer } from '@attune/train';
import type { Report, Request } from './messages.js';

const report = (message: Report): void => postMessage(message);

/** Lets the worker receive its messages. */
const messages = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

let isStopping = false;

async function train(backend: Backend, steps: number): Promise<void> {
  const { tokenizer, train: ids } = await prepareText(storyCorpus({ seed: 1, stories: 500 }), {
    tokenizer: 'char',
  });
  const blockSize = 64;
  const model = gpt2({ nLayer: 2, nHead: 4, nEmbd: 64, blockSize, vocabSize: tokenizer.vocabSize });
  const trainer = new Trainer({
    backend,
    model: model.train(),
    loss: crossEntropy(),
    optimizer: adamW({
      learningRate: cosine({ peak: 3e-3, min: 3e-4, warmupIters: 10, decayIters: steps }),
    }),
    data: tokenDataset(memoryTokens(ids), { batchSize: 8, blockSize, seed: 1 }),
  });
  try {
    for await (const { step, loss, tokensPerSecond } of trainer.fit({ maxIters: steps })) {
      report({ kind: 'step', step, loss, tokensPerSecond });
      await messages();
      if (isStopping) break;
    }
    // The weights stay where they are: the generator reads those that were trained.
    const generator = await createGenerator({ backend, model, state: await trainer.parameters() });
    const written: number[] = [];
    const prompt = [...tokenizer.encode('Once ')];
    for await (const id of generator.generate(prompt, { maxNewTokens: 200, temperature: 0.7, seed: 1 })) {
      written.push(id);
      report({ kind: 'sample', text: `Once ${tokenizer.decode(written)}` });
    }
    generator.dispose();
  } finally {
    await trainer.dispose();
  }
}

async function run(steps: number): Promise<void> {
  const backend = await createBackend([wasm]);
  try {
    report({ kind: 'device', description: backend.device.description });
    await train(backend, steps);
    report({ kind: 'finished' });
  } finally {
    await backend.dispose();
  }
}

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  isStopping = data.kind === 'stop';
  if (data.kind !== 'train') return;
  run(data.steps).catch((error: unknown) => report({ kind: 'failed', message: String(error) }));
});
