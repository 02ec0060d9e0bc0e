/**
 * CPU time of choosing one token out of GPT-2's 50,257, for each way of choosing, as one JSON object.
 *
 *     node tools/bench/dist/generation/sample-token.js
 */
import { Random } from '@attune/core';
import { sampleToken, type SamplingOptions } from '@attune/train';

const VOCAB_SIZE = 50_257;
/** The number of rounds, of which the fastest counts, and the tokens drawn in each. */
const [ROUNDS, TOKENS] = [20, 10];

const ways: Readonly<Record<string, SamplingOptions>> = {
  greedy: { temperature: 0 },
  temperature: { temperature: 0.8 },
  'top-k 50': { temperature: 0.8, topK: 50 },
  'top-p 0.9': { temperature: 0.8, topP: 0.9 },
  'min-p 0.1': { temperature: 0.8, minP: 0.1 },
};

const random = new Random(1337);
const logits = Float32Array.from({ length: VOCAB_SIZE }, () => 3 * random.normal());

function cpuMilliseconds(options: SamplingOptions): number {
  const before = process.cpuUsage();
  for (let token = 0; token < TOKENS; token++) sampleToken(logits, options, random);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / TOKENS;
}

const cpuMs: Record<string, number> = {};
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, options] of Object.entries(ways)) {
    cpuMs[name] = Math.min(cpuMs[name] ?? Infinity, cpuMilliseconds(options));
  }
}
console.log(JSON.stringify({ vocabSize: VOCAB_SIZE, cpuMs }, null, 2));
