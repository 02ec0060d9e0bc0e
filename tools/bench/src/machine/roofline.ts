/**
 * The least time of a training step of GPT-2 on a GPU, by arithmetic, for two ways to run it: as the cuda backend
 * does, a kernel of TensorFlow's for each op, and as fused kernels that are replayed as one. Nothing is measured
 * here: counts are exact, of the programs themselves; rates are from data sheets; what a launch costs is an
 * assumption, named below.
 *
 *     node tools/bench/dist/machine/roofline.js
 *
 * Prints one line of JSON for each size, GPU and way.
 */
import {
  bytesOf,
  decompose,
  opNodes,
  productFlops,
  sizeOf,
  type OpName,
  type OpNode,
  type Program,
} from '@attune/core';
import { rules } from '@attune/lowering-tfjs';
import { adamW, crossEntropy, gpt2, type Gpt2Options } from '@attune/nn';
import { trainProgram } from '@attune/train';

const plain = { bias: false, activation: 'gelu' } as const;

const sizes: Readonly<Record<string, { readonly config: Gpt2Options; readonly batchSize: number }>> = {
  S: { config: { vocabSize: 65, blockSize: 64, nLayer: 4, nHead: 4, nEmbd: 128, ...plain }, batchSize: 12 },
  M: { config: { vocabSize: 512, blockSize: 256, nLayer: 6, nHead: 6, nEmbd: 384, ...plain }, batchSize: 4 },
  '124M': { config: { vocabSize: 50257, blockSize: 1024 }, batchSize: 8 },
};

/** Dense rates of data sheets: bytes and FLOP a second. */
const gpus = {
  'A100 40GB': { bandwidth: 1.555e12, float32: 19.5e12, tf32: 156e12, bf16: 312e12 },
  'H100 SXM': { bandwidth: 3.35e12, float32: 67e12, tf32: 494.5e12, bf16: 989e12 },
  L4: { bandwidth: 0.3e12, float32: 30.3e12, tf32: 60e12, bf16: 121e12 },
} as const;

/**
 * Seconds the calling thread needs for an op through tfjs and TensorFlow's eager mode: 9 µs as measured on a CPU, 30 µs by
 * an earlier measurement with a launch.
 */
const EAGER = { least: 9e-6, most: 30e-6 };
/** Seconds between two kernels of a replayed CUDA graph, when each is tiny: 1 to 2 µs by common report, not measured here. */
const REPLAYED = 1.5e-6;

/** Ops that a run does not launch anything for. */
const free = new Set<OpName>(['constant', 'reshape', 'stopGradient', 'barrier']);

/** Ops that the cuda backend has a kernel for; all others it takes apart. */
const nativeHere = new Set<string>([
  ...Object.keys(rules),
  ...['logSoftmax', 'softmaxCrossEntropy', 'softmaxCrossEntropyGrad'],
]);

/** Parameters of up to this many elements share one AdamW, as the backend arranges it. */
const JOINED = 2 ** 20;

interface Counts {
  readonly kernels: number;
  readonly bytes: number;
  readonly flops: number;
}

/**
 * Counts the launches, bytes and multiplications of a program whose nodes are kernels that read inputs and write
 * outputs.
 */
function count(program: Program): Counts {
  const launched = opNodes(program).filter(({ op }) => !free.has(op));
  const bytes = launched
    .flatMap(({ inputs, outputs }) => [...inputs, ...outputs])
    .reduce((sum, id) => sum + bytesOf(program.values[id]!), 0);
  const flops = productFlops(program);
  return { kernels: launched.length, bytes, flops };
}

/**
 * Counts those of a program on the cuda backend: ops without a kernel decomposed, small parameters joined for one
 * AdamW.
 */
function countHere(program: Program): Counts {
  const apart = count(decompose(program, ({ op }) => !nativeHere.has(op)));
  const withAdamW = count(decompose(program, ({ op }) => op !== 'adamW' && !nativeHere.has(op)));
  const updates = opNodes(program).filter(({ op }) => op === 'adamW');
  const elements = ({ outputs }: OpNode) => sizeOf(program.values[outputs[0]!]!.shape);
  const small = updates.filter((node) => elements(node) <= JOINED);
  const each = (apart.kernels - withAdamW.kernels) / updates.length + 1;
  // Parameters and gradients are joined, each by a copy, and every parameter is cut out again.
  const joining = 3 * 2 * 4 * small.reduce((sum, node) => sum + elements(node), 0);
  return {
    kernels: Math.round(apart.kernels - each * small.length + (each + 2 + small.length)),
    bytes: apart.bytes + joining,
    flops: apart.flops,
  };
}

function stepProgram(size: string): Program {
  const { config, batchSize } = sizes[size]!;
  const model = gpt2({ ...config, dropout: 0 });
  const tokens = { shape: [batchSize, model.config.blockSize], dtype: 'i32' } as const;
  const optimizer = adamW({ learningRate: 1e-3, beta1: 0.9, beta2: 0.99, weightDecay: 0.1 });
  const objective = { model, loss: crossEntropy(), optimizer, gradClip: 1 };
  return trainProgram(objective, { x: tokens, y: tokens });
}

const milliseconds = (seconds: number) => Number((seconds * 1000).toPrecision(3));

for (const size of Object.keys(sizes)) {
  const fusedProgram = stepProgram(size);
  const [fused, here] = [count(fusedProgram), countHere(fusedProgram)];
  const weights = Object.values(fusedProgram.state).reduce((sum, spec) => sum + bytesOf(spec), 0);
  console.log(JSON.stringify({ size, here, fused }));
  for (const [gpu, { bandwidth, float32, tf32, bf16 }] of Object.entries(gpus)) {
    const busy = ({ bytes, flops }: Counts, rate: number) => bytes / bandwidth + flops / rate;
    // In bf16 all but the state and its updates is half as wide.
    const narrow = { ...fused, bytes: fused.bytes / 2 + weights };
    const replayed = (counts: Counts, rate: number) =>
      milliseconds(busy(counts, rate) + counts.kernels * REPLAYED);
    const eager = (rate: number) => [
      milliseconds(Math.max(here.kernels * EAGER.least, busy(here, rate))),
      milliseconds(Math.max(here.kernels * EAGER.most, busy(here, rate))),
    ];
    const ms = {
      queueing: [milliseconds(here.kernels * EAGER.least), milliseconds(here.kernels * EAGER.most)],
      trafficHere: milliseconds(here.bytes / bandwidth),
      trafficFused: milliseconds(fused.bytes / bandwidth),
      hereFloat32: eager(float32),
      hereTf32: eager(tf32),
      fusedTf32: replayed(fused, tf32),
      fusedBf16: replayed(narrow, bf16),
    };
    console.log(JSON.stringify({ size, gpu, ms }));
  }
}
