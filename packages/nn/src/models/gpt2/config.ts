import { AttuneError, shownValue } from '@attune/core';
import { checkKeys } from '../causal-lm/check-keys.js';
import { checkLayers, checkSizes } from '../causal-lm/size-limits.js';

/** Probabilities with which a GPT-2 in training drops elements, by their place. */
export interface Gpt2Dropouts {
  /** The rate for the sum of token and position embeddings: Hugging Face's `embd_pdrop`. */
  readonly embedding: number;
  /** The rate for attention weights: `attn_pdrop`. */
  readonly attention: number;
  /** The rate for what attention and MLP add to the residual stream: `resid_pdrop`. */
  readonly residual: number;
}

/** Shape of a GPT-2. The defaults are the smallest published one's, 124M, in nanoGPT's words. */
export interface Gpt2Config {
  readonly family: 'gpt2';
  readonly vocabSize: number;
  /** Longest sequence: the number of learned positions. */
  readonly blockSize: number;
  readonly nLayer: number;
  readonly nHead: number;
  /** Width of the residual stream; a multiple of `nHead`. */
  readonly nEmbd: number;
  /** Probability of dropout in training, at all places or at each. */
  readonly dropout: number | Gpt2Dropouts;
  /** True if linear layers and layer norms have a bias. */
  readonly bias: boolean;
  /** `gelu` is exact, as nanoGPT trains; `gelu_new` is the tanh approximation, as GPT-2 was published. */
  readonly activation: 'gelu' | 'gelu_new';
  readonly layerNormEpsilon: number;
  /** True if the head is the token embedding. Default true. */
  readonly tieEmbeddings?: boolean;
}

const defaults: Omit<Gpt2Config, 'vocabSize'> = {
  family: 'gpt2',
  blockSize: 1024,
  nLayer: 12,
  nHead: 12,
  nEmbd: 768,
  dropout: 0,
  bias: true,
  activation: 'gelu',
  layerNormEpsilon: 1e-5,
};

/** All keys: the type makes the list complete. */
const KEYS: Readonly<Record<keyof Gpt2Config, true>> = {
  family: true,
  vocabSize: true,
  blockSize: true,
  nLayer: true,
  nHead: true,
  nEmbd: true,
  dropout: true,
  bias: true,
  activation: true,
  layerNormEpsilon: true,
  tieEmbeddings: true,
};

/** Options of the model: the size of the vocabulary is required, everything else has a default. */
export type Gpt2Options = Partial<Gpt2Config> & Pick<Gpt2Config, 'vocabSize'>;

/**
 * A whole configuration from what was given.
 *
 * @throws AttuneError UNKNOWN_KEY with the nearest known key; INVALID_CONFIG that names the value and what it must be.
 */
export function gpt2Config(options: Gpt2Options): Gpt2Config {
  checkKeys(options, KEYS);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const config = { ...defaults, ...given } as Gpt2Config;
  if (config.family !== 'gpt2') {
    throw new AttuneError('INVALID_CONFIG', `family must be gpt2, but is ${shownValue(config.family)}.`);
  }
  for (const key of ['vocabSize', 'blockSize', 'nLayer', 'nHead', 'nEmbd'] as const) {
    if (!Number.isInteger(config[key]) || config[key] < 1) {
      throw new AttuneError(
        'INVALID_CONFIG',
        `${key} must be a positive integer, but is ${shownValue(config[key])}.`,
      );
    }
  }
  checkSizes(config, ['vocabSize', 'blockSize', 'nHead', 'nEmbd']);
  checkLayers(config.nLayer);
  if (config.nEmbd % config.nHead !== 0) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `nEmbd must be a multiple of nHead, but ${config.nEmbd} is not one of ${config.nHead}.`,
      { fix: `Try nEmbd ${Math.ceil(config.nEmbd / config.nHead) * config.nHead}.` },
    );
  }
  for (const [place, p] of Object.entries(gpt2Dropouts(config))) {
    if (p >= 0 && p < 1) continue;
    const key = typeof config.dropout === 'number' ? 'dropout' : `dropout.${place}`;
    throw new AttuneError('INVALID_CONFIG', `${key} must be in [0, 1), but is ${String(p)}.`);
  }
  return config;
}

/** The dropout of each place. */
export function gpt2Dropouts({ dropout }: Pick<Gpt2Config, 'dropout'>): Gpt2Dropouts {
  if (typeof dropout === 'number') return { embedding: dropout, attention: dropout, residual: dropout };
  const { embedding, attention, residual } = dropout;
  return { embedding, attention, residual };
}
