/**
 * Times generation with GPT-2 124M of random weights, and prints one JSON object: reading a prompt (prefill), and greedy
 * decoding of some rows together over a cache of keys and values. A run of decoding reads every weight once, for all rows: the
 * bytes of weights a second are to be held against the memory's rate as `machine-limits.js` measures it.
 *
 *     node tools/bench/dist/generation/decode.js --backend cpu --threads 2 --batch 1,2,4,8,16 --prompt 128 --tokens 32 --weights f32
 */
import { parseArgs } from 'node:util';
import { bytesOf, createBackend, Random, type StorageDType } from '@attune/core';
import { gpt2, modelStateSpecs, storeWeights } from '@attune/nn';
import { allocateParameters, createDecoder, createGenerator, sampleToken } from '@attune/train';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'cpu' },
    threads: { type: 'string' },
    engine: { type: 'string' },
    isa: { type: 'string' },
    batch: { type: 'string', default: '1' },
    prompt: { type: 'string', default: '128' },
    tokens: { type: 'string', default: '32' },
    context: { type: 'string', default: '256' },
    weights: { type: 'string', default: 'f32' },
  },
});
const { threads, engine, isa, weights } = values;
if (!['f32', 'bf16', 'f16', 'i8'].includes(weights)) throw new Error('--weights f32, bf16, f16 or i8');
const [prompt, tokens, contextLength] = [values.prompt, values.tokens, values.context].map(Number) as [
  ...[number, number, number],
];

/** Milliseconds of each of several runs. */
async function timed(runs: number, run: (i: number) => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < runs; i++) {
    const begin = performance.now();
    await run(i);
    found.push(performance.now() - begin);
  }
  return found;
}

const summary = (milliseconds: readonly number[]) => {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, min: sorted[0]! };
};

const backend = await createBackend(values.backend, {
  options: { ...(threads && { threads: Number(threads) }), ...(engine && { engine }), ...(isa && { isa }) },
});
const model = gpt2({ vocabSize: 50257, blockSize: 1024, dropout: 0 });
if (weights !== 'f32') storeWeights(model, weights as StorageDType);
const state = await allocateParameters(backend, model, { seed: 1 });
const random = new Random(1);
const text = (length: number) => Array.from({ length }, () => random.integer(50257));
const weightBytes = Object.values(modelStateSpecs(model)).reduce((bytes, spec) => bytes + bytesOf(spec), 0);

for (const rows of values.batch.split(',').map(Number)) {
  const decoder = await createDecoder({ backend, model, state, rows, contextLength });
  const texts = Array.from({ length: rows }, (_, row) => ({ row, tokens: text(prompt) }));
  const first = { row: 0, tokens: texts[0]!.tokens };
  // Compiles, and warms up.
  await decoder.next(texts);
  const prefill = await timed(3, async () => {
    decoder.forget();
    await decoder.next([first]);
  });
  await decoder.next(texts);
  const steps: number[] = [];
  for (let i = 0; i < tokens; i++) {
    for (const own of texts) own.tokens.push(random.integer(50257));
    const [step] = await timed(1, () => decoder.next(texts));
    if (i > 1) steps.push(step!);
  }
  decoder.dispose();
  const step = summary(steps);
  console.log(
    JSON.stringify({
      backend: values.backend,
      device: backend.device.description,
      weights,
      rows,
      prefill: { tokens: prompt, tokensPerSecond: (1000 * prompt) / summary(prefill).median },
      msPerStep: step,
      tokensPerSecond: { median: (1000 * rows) / step.median, best: (1000 * rows) / step.min },
      weightGigabytesPerSecond: {
        median: weightBytes / step.median / 1e6,
        best: weightBytes / step.min / 1e6,
      },
    }),
  );
}

// End to end, with sampling: what `attune generate` does for each token.
const generator = await createGenerator({ backend, model, state, contextLength });
let last = performance.now();
const milliseconds: number[] = [];
for await (const _token of generator.generate(text(prompt), {
  maxNewTokens: tokens,
  topK: 50,
  temperature: 0.8,
})) {
  const now = performance.now();
  milliseconds.push(now - last);
  last = now;
}
const logits = Float32Array.from({ length: 50257 }, () => random.normal());
const sampling = await timed(20, async () => sampleToken(logits, { topK: 50, temperature: 0.8 }, random));
console.log(
  JSON.stringify({
    msPerToken: summary(milliseconds.slice(2)),
    samplingMs: summary(sampling),
    peakRssMb: process.resourceUsage().maxRSS / 1000,
  }),
);
generator.dispose();
state.dispose();
await backend.dispose();
