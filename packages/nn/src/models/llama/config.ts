import { AttuneError, shownValue, type CausalLmConfig } from '@attune/core';
import { checkKeys } from '../causal-lm/check-keys.js';
import { checkLayers, checkSizes } from '../causal-lm/size-limits.js';
import { checkRope, type RopeConfig } from './rope-config.js';

/** The families whose models are of Llama's kind, with the parts that are particular to each. */
const families: Readonly<Record<LlamaConfig['family'], Partial<LlamaConfig>>> = {
  llama: {},
  mistral: {},
  qwen2: { attentionBias: 'qkv' },
  qwen3: { qkNorm: true },
};

/** Layers whose tokens see only the latest ones. */
export interface SlidingWindow {
  /** How many tokens each one sees, itself among them. */
  readonly size: number;
  /** Which layers it holds for, counted from 0. */
  readonly layers: readonly number[];
}

/** Shape of a decoder of Llama's kind: RMS norms, rotary positions, grouped-query attention and a gated MLP. */
export interface LlamaConfig extends CausalLmConfig {
  /** Hugging Face's `model_type`: how the model is stored. What it computes is said by the other values alone. */
  readonly family: 'llama' | 'mistral' | 'qwen2' | 'qwen3';
  readonly vocabSize: number;
  /** Longest sequence: the rows of the rotary tables. Default: `maxPositions`, but no more than 4096. */
  readonly blockSize: number;
  /** Longest sequence that the model is meant for. */
  readonly maxPositions: number;
  readonly nLayer: number;
  /** Heads of queries. */
  readonly nHead: number;
  /** Heads of keys and values; `nHead` is a multiple of it. */
  readonly nKvHead: number;
  /** Width of a head: even. */
  readonly headDim: number;
  /** Width of the residual stream. */
  readonly nEmbd: number;
  /** Width of the MLP. */
  readonly intermediateSize: number;
  readonly rmsNormEpsilon: number;
  readonly rope: RopeConfig;
  /** Which projections of attention have a bias: none, those of queries, keys and values, or the output's too. */
  readonly attentionBias: 'none' | 'qkv' | 'all';
  readonly mlpBias: boolean;
  /** True if queries and keys are normalised, head by head. */
  readonly qkNorm: boolean;
  readonly slidingWindow: SlidingWindow | null;
  /** True if the head is the token embedding. */
  readonly tieEmbeddings: boolean;
  /** Probability with which attention weights are dropped in training. */
  readonly attentionDropout: number;
  /** Standard deviation of the initial weights. */
  readonly initializerRange: number;
}

/** Rotary tables are made for no more positions than this, unless more are asked for. */
const DEFAULT_BLOCK_SIZE = 4096;

/** Elements of both rotary tables: 1 GiB. */
const MAX_TABLE = 2 ** 28;

const defaults = {
  family: 'llama',
  rmsNormEpsilon: 1e-6,
  rope: { theta: 10_000, scaling: { type: 'default' } },
  attentionBias: 'none',
  mlpBias: false,
  qkNorm: false,
  slidingWindow: null,
  tieEmbeddings: false,
  attentionDropout: 0,
  initializerRange: 0.02,
} satisfies Partial<LlamaConfig>;

/** All keys: the type makes the list complete. */
const KEYS: Readonly<Record<keyof LlamaConfig, true>> = {
  family: true,
  vocabSize: true,
  blockSize: true,
  maxPositions: true,
  nLayer: true,
  nHead: true,
  nKvHead: true,
  headDim: true,
  nEmbd: true,
  intermediateSize: true,
  rmsNormEpsilon: true,
  rope: true,
  attentionBias: true,
  mlpBias: true,
  qkNorm: true,
  slidingWindow: true,
  tieEmbeddings: true,
  attentionDropout: true,
  initializerRange: true,
};

/** Options of the model: the sizes are required, everything else has the family's defaults. */
export type LlamaOptions = Partial<LlamaConfig> &
  Pick<LlamaConfig, 'vocabSize' | 'nLayer' | 'nHead' | 'nEmbd' | 'intermediateSize'>;

/**
 * A whole configuration from what was given.
 *
 * @throws AttuneError UNKNOWN_KEY with the nearest known key; INVALID_CONFIG that names the value and what it must be.
 */
export function llamaConfig(options: LlamaOptions): LlamaConfig {
  checkKeys(options, KEYS);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const { nHead, nEmbd } = options;
  const maxPositions = options.maxPositions ?? options.blockSize ?? 2048;
  const family = options.family ?? defaults.family;
  if (!Object.hasOwn(families, family)) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `family must be one of ${Object.keys(families).join(', ')}, but is ${shownValue(family)}.`,
    );
  }
  const config: LlamaConfig = {
    ...defaults,
    ...families[family],
    maxPositions,
    blockSize: Math.min(maxPositions, DEFAULT_BLOCK_SIZE),
    nKvHead: nHead,
    headDim: Math.floor(nEmbd / nHead),
    ...(given as typeof options),
  };
  const sizes = [
    ...(['vocabSize', 'blockSize', 'maxPositions', 'nLayer', 'nHead', 'nKvHead', 'headDim'] as const),
    ...(['nEmbd', 'intermediateSize'] as const),
  ];
  for (const key of sizes) {
    check(Number.isInteger(config[key]) && config[key] >= 1, config, key, 'a positive integer');
  }
  checkSizes(config, sizes);
  checkLayers(config.nLayer);
  check(config.nHead % config.nKvHead === 0, config, 'nHead', `a multiple of nKvHead, ${config.nKvHead}`);
  check(config.headDim % 2 === 0, config, 'headDim', 'even, as rotary positions turn pairs');
  check(
    config.blockSize <= config.maxPositions,
    config,
    'blockSize',
    `at most maxPositions, ${config.maxPositions}`,
  );
  check(
    config.blockSize * config.headDim <= MAX_TABLE,
    config,
    'blockSize',
    `such that times headDim, ${config.headDim}, it is at most ${MAX_TABLE}: the rotary tables take that room`,
  );
  check(config.rmsNormEpsilon > 0, config, 'rmsNormEpsilon', 'a positive number');
  const { attentionDropout, slidingWindow } = config;
  check(attentionDropout >= 0 && attentionDropout < 1, config, 'attentionDropout', 'in [0, 1)');
  check(
    slidingWindow === null || (Number.isInteger(slidingWindow.size) && slidingWindow.size >= 1),
    config,
    'slidingWindow',
    'null, or have a size of 1 or more',
  );
  checkRope(config.rope);
  return config;
}

function check(condition: boolean, config: LlamaConfig, key: keyof LlamaConfig, expected: string): void {
  if (condition) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `${key} must be ${expected}, but is ${JSON.stringify(config[key])}.`,
  );
}
