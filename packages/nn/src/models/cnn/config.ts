import { AttuneError } from '@attune/core';
import { checkKeys } from '../causal-lm/check-keys.js';
import { checkSizes } from '../causal-lm/size-limits.js';

/** Shape of a {@link cnn}. */
export interface CnnConfig {
  /** Classes to tell apart. */
  readonly numLabels: number;
  /** Height and width of an image. Halved by each convolution block. */
  readonly imageSize: number;
  /** 1 for grey images, 3 for coloured ones. */
  readonly imageChannels: number;
  /** Channels after each block of convolution, batch normalisation, ReLU and pooling. */
  readonly channels: readonly number[];
}

/** All keys: the type makes the list complete. */
const KEYS: Readonly<Record<keyof CnnConfig, true>> = {
  numLabels: true,
  imageSize: true,
  imageChannels: true,
  channels: true,
};

/** Options of the model: the number of classes is required. The defaults suit MNIST: 28 × 28 grey pixels. */
export type CnnOptions = Partial<CnnConfig> & Pick<CnnConfig, 'numLabels'>;

/**
 * A whole configuration from what was given.
 *
 * @throws AttuneError UNKNOWN_KEY with the nearest known key; INVALID_CONFIG that names the value and what it must be.
 */
export function cnnConfig(options: CnnOptions): CnnConfig {
  checkKeys(options, KEYS);
  const config: CnnConfig = { imageSize: 28, imageChannels: 1, channels: [16, 32], ...options };
  const { channels, imageSize, imageChannels, numLabels } = config;
  const counts: [string, number][] = [
    ...Object.entries({ numLabels, imageSize, imageChannels }),
    ...channels.map((width, i): [string, number] => [`channels[${i}]`, width]),
  ];
  for (const [name, value] of counts) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new AttuneError('INVALID_CONFIG', `${name} must be a positive integer, but is ${String(value)}.`);
  }
  checkSizes(
    Object.fromEntries(counts),
    counts.map(([name]) => name),
  );
  if (channels.length === 0 || imageSize < 2 ** channels.length) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `channels must have from 1 to ${Math.floor(Math.log2(imageSize))} entries for images of ${imageSize} × ${imageSize} ` +
        `pixels, which every block halves, but has ${channels.length}.`,
    );
  }
  return config;
}
