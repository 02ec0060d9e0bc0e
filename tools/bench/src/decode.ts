/**
 * Times greedy decoding of GPT-2 124M with random weights, token by token, over a cache of keys and values, and prints one JSON
 * object. A token reads every weight once: the share of memory bandwidth that this is, is what decoding can be held against.
 *
 *     node tools/bench/dist/decode.js --backend cpu --threads 2 --tokens 32 --weights i8
 */
import { parseArgs } from 'node:util';
import { bytesOf, createBackend, type StorageDType } from '@attune/core';
import { gpt2, modelStateSpecs, storeWeights } from '@attune/nn';
import { allocateParameters, createGenerator } from '@attune/train';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'cpu' },
    threads: { type: 'string' },
    engine: { type: 'string' },
    isa: { type: 'string' },
    tokens: { type: 'string', default: '32' },
    context: { type: 'string', default: '128' },
    weights: { type: 'string', default: 'f32' },
  },
});
const { threads, engine, isa, weights } = values;
if (!['f32', 'bf16', 'f16', 'i8'].includes(weights)) throw new Error('--weights f32, bf16, f16 or i8');
const backend = await createBackend(values.backend, {
  options: { ...(threads && { threads: Number(threads) }), ...(engine && { engine }), ...(isa && { isa }) },
});
const model = gpt2({ vocabSize: 50257, blockSize: 1024, dropout: 0 });
if (weights !== 'f32') storeWeights(model, weights as StorageDType);
const state = await allocateParameters(backend, model, { seed: 1 });
const generator = await createGenerator({
  backend,
  model,
  state,
  contextLength: Number(values.context),
});
const milliseconds: number[] = [];
let last = performance.now();
for await (const _token of generator.generate([464, 2159, 318], {
  maxNewTokens: Number(values.tokens),
  temperature: 0,
})) {
  const now = performance.now();
  milliseconds.push(now - last);
  last = now;
}
// The first token comes with the prompt, the second with the first run of the program for one token.
const steps = milliseconds.slice(2).sort((a, b) => a - b);
const median = steps[steps.length >> 1]!;
const weightBytes = Object.values(modelStateSpecs(model)).reduce((bytes, spec) => bytes + bytesOf(spec), 0);
console.log(
  JSON.stringify({
    backend: values.backend,
    device: backend.device.description,
    weights,
    msPerToken: { median, min: steps[0] },
    tokensPerSecond: 1000 / median,
    weightGigabytesPerSecond: weightBytes / median / 1e6,
    peakRssMb: process.resourceUsage().maxRSS / 1000,
  }),
);
generator.dispose();
state.dispose();
await backend.dispose();
