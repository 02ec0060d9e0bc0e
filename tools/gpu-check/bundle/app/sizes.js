/** The models whose training steps are timed. Weights are random on both sides. */
import { sizes } from '@attune/bench';

const lora = { rank: 8, alpha: 16, targetModules: ['c_attn'] };
const gpt2 = sizes['124M'].config;

const tiny = { ...sizes.S.config, blockSize: 32, nLayer: 2, nHead: 2, nEmbd: 64 };

/** The optimizer and the clipping of nanoGPT. */
export const optimizer = { learningRate: 1e-3, beta1: 0.9, beta2: 0.99, weightDecay: 0.1, gradClip: 1 };

/** In the order in which they are measured, with their shares of the time. */
export const measuredSizes = [
  // Next to no arithmetic: the cost of a step as such. It fits a software adapter, too.
  {
    name: 'tiny',
    config: tiny,
    batchSize: 2,
    weight: 5,
  },
  { name: 'S', ...sizes.S, weight: 6 },
  { name: 'M', ...sizes.M, weight: 6 },
  { name: 'DistilGPT-2 T512', config: { ...gpt2, blockSize: 512, nLayer: 6 }, batchSize: 1, weight: 10 },
  { name: '124M T256', config: { ...gpt2, blockSize: 256 }, batchSize: 1, weight: 9 },
  { name: '124M T256 LoRA', config: { ...gpt2, blockSize: 256 }, batchSize: 1, lora, weight: 7 },
  { name: '124M T1024', config: { ...gpt2, blockSize: 1024 }, batchSize: 1, weight: 10 },
  { name: '124M T1024 LoRA', config: { ...gpt2, blockSize: 1024 }, batchSize: 1, lora, weight: 7 },
];

/** The models that decode: a GPU's, and one that a software adapter is done with. */
const decodedSizes = [
  { name: '124M', config: { ...gpt2, blockSize: 1024 }, promptLength: 128, tokens: 64 },
  { name: 'tiny', config: { ...tiny, blockSize: 64 }, promptLength: 24, tokens: 16 },
];

/**
 * The decoding that a device is tried with: the model, a prompt, and how many tokens follow it.
 *
 * @param {boolean} software true if the device computes on the CPU
 */
export function decodedSizeOf(software) {
  const { promptLength, ...size } = decodedSizes[software ? 1 : 0];
  const prompt = Array.from({ length: promptLength }, (_, i) => (i * 7919 + 13) % size.config.vocabSize);
  return { ...size, prompt };
}
