import {
  GraphBuilder,
  hostTensor,
  type CausalLm,
  type HostTensor,
  type HostTensors,
  type Program,
  type TensorSpecs,
} from '@attune/core';
import { adamW, crossEntropy, languageModel, type LanguageModelConfig } from '@attune/nn';
import { loadCase, loadTensors, type FixtureLoader } from '../fixtures/fixtures.js';
import { batchAt } from './batch-at.js';
import { trainingSpec, type TrainingSetup } from './step-programs.js';

/** `case.json` of a fixture `hf_decoder_*`. */
export interface CausalLmCase {
  readonly config: LanguageModelConfig;
  readonly optimizer: {
    readonly learningRate: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
    readonly weightDecay: number;
    readonly gradClip: number;
  };
  readonly batch: { readonly rows: number; readonly length: number };
  readonly steps: readonly { readonly loss: number; readonly gradNorm: number; readonly count: number }[];
  readonly greedy: { readonly prompt: readonly number[]; readonly continuation: readonly number[] };
}

/** A tiny model of transformers, with what transformers computed with it. */
export interface CausalLmRun {
  readonly case: CausalLmCase;
  readonly init: HostTensors;
  /** Batches, and of the first one `logits` and `grad.<name>`; packed rows as `packed.<field>`. */
  readonly tensors: HostTensors;
}

/** Names of the fixtures: `hf_decoder_<name>`. */
export const causalLmRuns = [
  ...(['llama', 'llama_tied_mqa', 'llama_biases', 'llama_dynamic', 'mistral'] as const),
  ...(['qwen2', 'qwen2_window', 'qwen3', 'gpt2'] as const),
];

/** Loads a fixture. */
export async function loadCausalLmRun(fixtures: FixtureLoader, name: string): Promise<CausalLmRun> {
  const folder = `hf_decoder_${name}`;
  return {
    case: await loadCase<CausalLmCase>(fixtures, folder),
    init: await loadTensors(fixtures, `${folder}/model/model.safetensors`),
    tensors: await loadTensors(fixtures, `${folder}/tensors.safetensors`),
  };
}

/** How it was trained. */
export function causalLmSetup({
  config,
  optimizer,
  batch,
}: Omit<CausalLmCase, 'steps' | 'greedy'>): TrainingSetup {
  const { learningRate, beta1, beta2, eps: epsilon, weightDecay, gradClip } = optimizer;
  const shape = [batch.rows, batch.length];
  return {
    model: languageModel(config).train(),
    loss: crossEntropy(),
    optimizer: adamW({ learningRate, beta1, beta2, epsilon, weightDecay }),
    gradClip,
    batch: {
      x: { shape, dtype: 'i32' },
      y: { shape, dtype: 'i32' },
      lossMask: { shape, dtype: 'f32' },
    },
  };
}

/** The batch of a step. */
export function causalLmBatch({ tensors }: CausalLmRun, { batch }: TrainingSetup, step: number): HostTensors {
  return batchAt(tensors, batch, step);
}

/** Logits of rows that hold several documents, with the shape of the fixtures' own. */
export function packedProgram(model: CausalLm, x: TensorSpecs[string]): Program {
  const g = new GraphBuilder('packed');
  const batch = Object.fromEntries(['x', 'positions', 'documents'].map((field) => [field, g.feed(field, x)]));
  g.output('logits', model.forward(g, batch)['logits']!);
  return g.build();
}

/** Tokens that the cache of {@link tokenProgram} has room for. */
const CACHE = 32;

/** The logits after one token more, with the earlier ones in a cache. */
export function tokenProgram(model: CausalLm): Program {
  const g = new GraphBuilder('token');
  const spec = { shape: [1, 1], dtype: 'i32' } as const;
  const [x, positions] = [g.feed('x', spec), g.feed('positions', spec)];
  g.output('logits', model.head(g, model.forwardCached(g, { x, positions, length: CACHE })));
  return g.build();
}

/** Everything these programs keep. */
export function causalLmSpec(setup: TrainingSetup): TensorSpecs {
  return { ...trainingSpec(setup), ...(setup.model as CausalLm).cacheSpecs(1, CACHE) };
}

/** Those of `rows` where a token is real, not padding: `f32[…, V]` → `f32[n, V]`. */
export function whereReal(logits: HostTensor, real: HostTensor): HostTensor<'f32'> {
  const width = logits.shape.at(-1)!;
  const kept = [...real.data.keys()].filter((row) => real.data[row] !== 0);
  const values = kept.flatMap((row) => [...logits.data.subarray(row * width, (row + 1) * width)]);
  return hostTensor('f32', [kept.length, width], values);
}
