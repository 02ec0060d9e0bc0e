/**
 * Generates with llama.cpp, one request and then eight at a time in one batch, each begun anew as soon as one ends, and prints one
 * JSON object. `serve-load.js` runs it.
 *
 *     node tools/bench/dist/peers/llama-batch.js --folder FOLDER --model MODEL.gguf --tokens 32 --threads 1
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    model: { type: 'string' },
    tokens: { type: 'string', default: '32' },
    threads: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '8' },
  },
});
const [tokens, threads, seconds] = [values.tokens, values.threads, values.seconds].map(Number) as [
  number,
  number,
  number,
];

/** The parts of node-llama-cpp that are used: it is no dependency of the workspace. */
interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(prompt: readonly number[], options: object): AsyncIterable<number>;
}
interface LlamaModel {
  tokenize(text: string): number[];
  createContext(options: object): Promise<{ getSequence(): Sequence }>;
}
interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>;
  dispose(): Promise<void>;
}
interface NodeLlamaCpp {
  getLlama(options: object): Promise<Llama>;
  readonly LlamaLogLevel: { readonly error: string };
}

const entry = createRequire(join(values.folder!, 'package.json')).resolve('node-llama-cpp');
const { getLlama, LlamaLogLevel } = (await import(pathToFileURL(entry).href)) as NodeLlamaCpp;
const quiet = { logLevel: LlamaLogLevel.error, progressLogs: false };
const llama = await getLlama({
  ...{ gpu: false, build: 'never', skipDownload: true, maxThreads: threads },
  ...quiet,
});
const model = await llama.loadModel({ modelPath: values.model! });
const prompt = model.tokenize('Once there was a');

async function load(requests: number) {
  const context = await model.createContext({
    sequences: requests,
    contextSize: 64,
    batchSize: 256,
    threads,
  });
  const [first, total]: [number[], number[]] = [[], []];
  let drawn = 0;
  const client = async (sequence: Sequence, end: number) => {
    while (performance.now() < end) {
      await sequence.clearHistory();
      const begin = performance.now();
      const sampling = { temperature: 1, topK: 0, topP: 1, minP: 0, yieldEogToken: true };
      let own = 0;
      for await (const _ of sequence.evaluate(prompt, sampling)) {
        if (++own === 1) first.push(performance.now() - begin);
        if (own === tokens) break;
      }
      drawn += own;
      total.push(performance.now() - begin);
    }
  };
  const sequences = Array.from({ length: requests }, () => context.getSequence());
  const during = (milliseconds: number) => {
    const end = performance.now() + milliseconds;
    return Promise.all(sequences.map((sequence) => client(sequence, end)));
  };
  await during(1000);
  [first.length, total.length, drawn] = [0, 0, 0];
  const begin = performance.now();
  await during(1000 * seconds);
  const tokensPerSecond = Math.round((1000 * drawn) / (performance.now() - begin));
  const percentiles = (found: number[]) => {
    const sorted = found.sort((a, b) => a - b);
    const at = (share: number) => Number(sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1));
    return { p50: at(0.5), p99: at(0.99) };
  };
  return { requests, tokensPerSecond, firstTokenMs: percentiles(first), totalMs: percentiles(total) };
}

const [one, eight] = [await load(1), await load(8)];
console.log(JSON.stringify({ one, eight }));
await llama.dispose();
