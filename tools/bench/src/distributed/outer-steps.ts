/**
 * Trains a small GPT on stories with several workers, once with their gradients added up in every step, then with local steps
 * and outer ones, and last with one worker alone on its share of the batches. Prints the validation losses on the way, as one
 * JSON object. The workers are ranks of this process: it is about losses, not about time.
 *
 *     node tools/bench/dist/distributed/outer-steps.js --backend cpu --workers 4 --steps 400 --outer-steps 10,20,50
 */
import { parseArgs } from 'node:util';
import { createBackend, localCommunicators } from '@attune/core';
import { charTokenizer, evaluationWindows, memoryTokens, tokenDataset } from '@attune/data';
import { storyCorpus } from '@attune/demo-data';
import { adamW, cosine, crossEntropy, gpt2 } from '@attune/nn';
import { Trainer, type TrainerOptions } from '@attune/train';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'cpu' },
    workers: { type: 'string', default: '4' },
    steps: { type: 'string', default: '400' },
    'outer-steps': { type: 'string', default: '10,20,50' },
  },
});
const [workers, steps] = [Number(values.workers), Number(values.steps)];

const text = storyCorpus({ stories: 1500 });
const tokenizer = charTokenizer(text);
const ids = Uint16Array.from(tokenizer.encode(text));
const border = Math.floor(0.9 * ids.length);
const [train, validation] = [ids.subarray(0, border), ids.subarray(border, border + 20_000)];
const blockSize = 64;

/** Validation losses after each quarter of a run. */
async function curve(options: Partial<TrainerOptions>): Promise<number[]> {
  const backend = await createBackend(values.backend, { options: { threads: 1 } });
  const trainer = new Trainer({
    backend,
    model: gpt2({ nLayer: 2, nHead: 4, nEmbd: 64, blockSize, vocabSize: tokenizer.vocabSize }),
    loss: crossEntropy(),
    optimizer: adamW({
      learningRate: cosine({ peak: 3e-3, min: 3e-4, warmupIters: 20, decayIters: steps }),
    }),
    data: tokenDataset(memoryTokens(train), { batchSize: 4, blockSize, seed: 1 }),
    gradientAccumulationSteps: workers,
    ...options,
  });
  const losses: number[] = [];
  for (let quarter = 1; quarter <= 4; quarter++) {
    for await (const _step of trainer.fit({ maxIters: (steps * quarter) / 4 }));
    const windows = evaluationWindows(memoryTokens(validation), { batchSize: 16, blockSize });
    losses.push((await trainer.evaluate(windows)).loss);
  }
  await trainer.dispose();
  await backend.dispose();
  return losses;
}

/** The curve of several ranks, which is the same on all. */
async function shared(options: Partial<TrainerOptions>): Promise<number[]> {
  const curves = localCommunicators(workers).map((communicator) =>
    curve({ ...options, communicator }).catch((error: unknown) => {
      console.error(error);
      return communicator.abort(1, 'it failed');
    }),
  );
  return (await Promise.all(curves))[0]!;
}

const curves: Record<string, readonly number[]> = { 'gradients added up': await shared({}) };
for (const outerSteps of values['outer-steps'].split(',').map(Number)) {
  curves[`outer steps every ${outerSteps}`] = await shared({ outerSteps });
}
curves['one worker alone'] = await curve({ gradientAccumulationSteps: 1 });
console.log(JSON.stringify({ workers, steps, node: process.version, curves }, null, 2));
