/**
 * Times greedy decoding of an exported model, token by token, in one of the runtimes a user has for it, and prints one JSON object:
 * transformers.js, or onnxruntime alone in the loop that transformers.js has. A part of `decode-peers.js`.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type * as Transformers from '@huggingface/transformers';

const { values } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'onnxruntime-node' },
    folder: { type: 'string' },
    threads: { type: 'string', default: '2' },
    tokens: { type: 'string', default: '32' },
  },
});
const { runtime, folder = '.' } = values;
const [threads, tokens] = [Number(values.threads), Number(values.tokens)];
const prompt = [464, 2159, 318];

/** The parts of onnxruntime's API that are used here: the same in `onnxruntime-node` and `onnxruntime-web`. */
interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}
interface Runtime {
  readonly env: { readonly wasm: { numThreads?: number } };
  readonly Tensor: new (type: string, data: Float32Array | BigInt64Array, shape: readonly number[]) => Tensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      readonly inputMetadata: readonly {
        readonly name: string;
        readonly shape: readonly (number | string)[];
      }[];
      run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
    }>;
  };
}

/** Milliseconds between tokens. */
async function decodeInOnnxRuntime(): Promise<number[]> {
  const { env, InferenceSession, Tensor } = (await import(runtime)) as Runtime;
  env.wasm.numThreads = threads;
  const session = await InferenceSession.create(await readFile(`${folder}/onnx/model.onnx`), {
    executionProviders: [runtime === 'onnxruntime-web' ? 'wasm' : 'cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
  });
  const whole = (all: readonly number[]) =>
    new Tensor('int64', BigInt64Array.from(all.map(BigInt)), [1, all.length]);
  let caches: Record<string, Tensor> = {};
  for (const { name, shape } of session.inputMetadata) {
    if (!name.startsWith('past_key_values.')) continue;
    caches[name] = new Tensor('float32', new Float32Array(0), [1, Number(shape[1]), 0, Number(shape[3])]);
  }
  const milliseconds: number[] = [];
  let [next, past] = [prompt, 0];
  while (milliseconds.length < tokens) {
    const start = performance.now();
    const outputs = await session.run({
      input_ids: whole(next),
      attention_mask: whole(Array<number>(past + next.length).fill(1)),
      position_ids: whole(next.map((_, i) => past + i)),
      ...caches,
    });
    caches = Object.fromEntries(
      Object.keys(caches).map((name) => [name, outputs[name.replace('past_key_values', 'present')]!]),
    );
    past += next.length;
    const { data, dims } = outputs['logits']!;
    const last = data.subarray(data.length - dims[2]!);
    next = [last.reduce((best, logit, i) => (logit > last[best]! ? i : best), 0)];
    milliseconds.push(performance.now() - start);
  }
  return milliseconds;
}

async function decodeInTransformers(): Promise<number[]> {
  const name = '@huggingface/transformers';
  const { AutoModelForCausalLM, BaseStreamer, env, Tensor } = (await import(name)) as typeof Transformers;
  env.allowRemoteModels = false;
  const model = await AutoModelForCausalLM.from_pretrained(folder, {
    dtype: 'fp32',
    device: 'cpu',
    session_options: { intraOpNumThreads: threads },
  });
  const milliseconds: number[] = [];
  let last = performance.now();
  class Clock extends BaseStreamer {
    override put(): void {
      milliseconds.push(performance.now() - last);
      last = performance.now();
    }
    override end(): void {}
  }
  const ids = (all: readonly number[]) =>
    new Tensor('int64', BigInt64Array.from(all.map(BigInt)), [1, all.length]);
  await model.generate({
    ...{ inputs: ids(prompt), attention_mask: ids([1, 1, 1]) },
    ...{
      do_sample: false,
      max_new_tokens: tokens,
      min_new_tokens: tokens,
      streamer: new Clock() as unknown as Transformers.TextStreamer,
    },
  });
  // The prompt is put first.
  return milliseconds.slice(1);
}

const milliseconds = await (runtime === 'transformers.js' ? decodeInTransformers() : decodeInOnnxRuntime());
// The first token comes with the prompt.
const steps = milliseconds.slice(2).sort((a, b) => a - b);
console.log(
  JSON.stringify({
    ...{ runtime, threads },
    msPerToken: { median: steps[steps.length >> 1], min: steps[0] },
    peakRssMb: process.resourceUsage().maxRSS / 1000,
  }),
);
process.exit(0);
