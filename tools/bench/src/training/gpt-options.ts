import type { Backend, Communicator } from '@attune/core';
import { adamW, crossEntropy, gpt2 } from '@attune/nn';
import type { TrainerOptions } from '@attune/train';
import { randomTokens } from '../random-tokens.js';
import { sizes } from '../sizes.js';

/** The size of this name. */
export function sizeOf(name: string): (typeof sizes)[keyof typeof sizes] {
  const size = Object.hasOwn(sizes, name) ? sizes[name as keyof typeof sizes] : undefined;
  if (!size) throw new Error(`--size must be one of ${Object.keys(sizes).join(', ')}, but is ${name}.`);
  return size;
}

/** How the sizes differ from what is measured. */
export interface GptOptions {
  readonly backend: Backend;
  readonly batchSize?: number;
  readonly layers?: number;
  readonly chunkTokens?: number;
  readonly gradientCheckpointing?: boolean;
  readonly communicator?: Communicator;
  readonly shardOptimizer?: boolean;
}

/** A trainer's options for a size: random tokens, AdamW and clipping. */
export function gptOptions(name: string, options: GptOptions) {
  const { backend, layers, chunkTokens, gradientCheckpointing = false, communicator } = options;
  const { config, batchSize } = sizeOf(name);
  const model = gpt2({ ...config, ...(layers !== undefined && { nLayer: layers }), dropout: 0 });
  return {
    backend,
    model,
    loss: crossEntropy(chunkTokens === undefined ? {} : { chunkTokens }),
    gradientCheckpointing,
    optimizer: adamW({ learningRate: 1e-3, beta1: 0.9, beta2: 0.99, weightDecay: 0.1 }),
    data: randomTokens({ batchSize: options.batchSize ?? batchSize, ...model.config }, 1337),
    gradClip: 1,
    ...(communicator && { communicator, shardOptimizer: options.shardOptimizer ?? false }),
  } satisfies TrainerOptions;
}
