import { productFlops, type Backend } from '@attune/core';
import { adamW, crossEntropy, parameterCount } from '@attune/nn';
import { allocateParameters, createDecoder, trainProgram, Trainer } from '@attune/train';
import { measurePeak } from './peak.js';
import type { MeasuredBackend } from './open-measured.js';
import type { BenchModel } from './sizes.js';
import { summarize, type Times } from './summary.js';
import { benchBatches, BenchTokens } from './tokens.js';

/** The request of `attune bench` for one model. */
export interface BenchOptions {
  readonly warmup: number;
  readonly steps: number;
  readonly generate: boolean;
  readonly profile: boolean;
  readonly seed: number;
}

/** The time of a kernel in one step. */
export interface KernelShare {
  readonly kernel: string;
  readonly callsPerStep: number;
  readonly msPerStep: number;
}

/** Figures of a model on a backend. */
export interface BenchResult {
  readonly name: string;
  readonly parameters: number;
  readonly batchSize: number;
  readonly blockSize: number;
  /** The median of the steps after those that warm up. */
  readonly tokensPerSecond: number;
  readonly stepMs: Times;
  /** With weights, graph and compilation. */
  readonly firstStepMs: number;
  /** The losses of the first step and of the last: of the same weights and tokens, PyTorch's first is the same. */
  readonly loss: { readonly first: number; readonly last: number };
  /** Operations of the matrix products of a step. */
  readonly flopsPerStep: number;
  readonly gflopsPerSecond: number;
  /** As a fraction of the rate of the backend's own product of large matrices. */
  readonly shareOfPeak: number;
  readonly peakGflopsPerSecond: number;
  /** The most memory that the process has held so far, and what the backend held in the end. */
  readonly memory: { readonly peakResidentBytes: number; readonly backendBytes: number };
  /** Missing where it was not asked for; `null` where the engine does not say. */
  readonly kernels?: readonly KernelShare[] | null;
  readonly decode?: {
    readonly tokensPerSecond: number;
    readonly tokenMs: Times;
    readonly promptTokens: number;
  };
}

/** The optimizer and clipping of nanoGPT: those of the script for PyTorch. */
export const TRAINING = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.99,
  weightDecay: 0.1,
  gradClip: 1,
} as const;

/** Tokens of the prompt, and of the text. */
const [PROMPT, GENERATED] = [32, 32];

async function measureDecoding(
  backend: Backend,
  { model, weights }: BenchModel,
  seed: number,
): Promise<NonNullable<BenchResult['decode']>> {
  const tensors = await weights?.();
  const state = await allocateParameters(backend, model, { seed, ...(tensors && { tensors }) });
  try {
    const contextLength = Math.min(model.config.blockSize, PROMPT + GENERATED);
    const promptTokens = Math.min(PROMPT, Math.floor(contextLength / 2));
    const tokens = new BenchTokens(seed, model.config.vocabSize);
    const text = { row: 0, tokens: tokens.take(promptTokens) };
    const decoder = await createDecoder({ backend, model, state, rows: 1, contextLength });
    const milliseconds: number[] = [];
    await decoder.next([text]);
    while (text.tokens.length < contextLength) {
      text.tokens.push(tokens.next());
      const start = performance.now();
      await decoder.next([text]);
      milliseconds.push(performance.now() - start);
    }
    decoder.dispose();
    // The first two compile and warm up.
    const tokenMs = summarize(milliseconds.slice(2));
    return { tokensPerSecond: 1000 / tokenMs.median, tokenMs, promptTokens };
  } finally {
    state.dispose();
  }
}

/** Times training steps of a model, and decoding where it is asked for. */
export async function measure(
  measured: MeasuredBackend,
  bench: BenchModel,
  { warmup, steps, generate, profile, seed }: BenchOptions,
): Promise<BenchResult> {
  const { backend, kernelTimes } = measured;
  const { model, batchSize, blockSize, weights } = bench;
  const peak = await measurePeak(backend);
  const { gradClip, ...adam } = TRAINING;
  const parts = { model, loss: crossEntropy(), optimizer: adamW(adam), gradClip };
  const data = benchBatches({ batchSize, blockSize, vocabSize: model.config.vocabSize }, seed);
  const flopsPerStep = productFlops(trainProgram(parts, data.spec));
  const trainer = new Trainer({ ...parts, backend, data, seed, ...(weights && { weights }) });
  const milliseconds: number[] = [];
  const losses: number[] = [];
  const begin = performance.now();
  let firstStepMs = 0;
  let backendBytes = 0;
  let before = new Map<string, { calls: number; ms: number }>();
  for await (const { step, stepMs, loss } of trainer.fit({ maxIters: warmup + steps })) {
    losses.push(loss);
    if (step === 1) firstStepMs = performance.now() - begin;
    if (step > warmup) milliseconds.push(stepMs);
    backendBytes = Math.max(backendBytes, backend.memory().bytes);
    if (step === warmup) before = new Map((await kernelTimes?.())?.map((one) => [one.name, one]));
  }
  const times = await kernelTimes?.();
  await trainer.dispose();
  const kernels = times
    ?.map(({ name, calls, ms }) => ({
      kernel: name,
      callsPerStep: (calls - (before.get(name)?.calls ?? 0)) / steps,
      msPerStep: (ms - (before.get(name)?.ms ?? 0)) / steps,
    }))
    .filter(({ callsPerStep }) => callsPerStep > 0)
    .sort((a, b) => b.msPerStep - a.msPerStep);
  const stepMs = summarize(milliseconds);
  const rate = flopsPerStep / (stepMs.median / 1000);
  return {
    name: bench.name,
    parameters: parameterCount(model).total,
    ...{ batchSize, blockSize, stepMs, firstStepMs, flopsPerStep },
    tokensPerSecond: (1000 * batchSize * blockSize) / stepMs.median,
    loss: { first: losses[0]!, last: losses.at(-1)! },
    gflopsPerSecond: rate / 1e9,
    shareOfPeak: rate / peak,
    peakGflopsPerSecond: peak / 1e9,
    memory: { peakResidentBytes: process.resourceUsage().maxRSS * 1024, backendBytes },
    ...(profile && { kernels: kernels ?? null }),
    ...(generate && { decode: await measureDecoding(backend, bench, seed) }),
  };
}
