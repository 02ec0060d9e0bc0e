import type { GraphBuilder } from '../builder/builder.js';
import type { Tensor } from '../graph/tensor.js';
import type { Random } from '../random/index.js';
import type { Shape, StorageDType, TensorSpec, TensorSpecs } from '../tensor/index.js';

/** Writes a tensor's first values. Called once, on the host, in the order of the parameters. */
export type Initializer = (random: Random, shape: Shape) => Float32Array;

/** A tensor of a model that training changes, or may change. */
export interface Parameter extends TensorSpec {
  /** Dotted, as Hugging Face names it: `transformer.h.0.attn.c_attn.weight`. */
  readonly name: string;
  readonly dtype: 'f32';
  /** Frozen parameters get no gradient and no optimizer state. */
  trainable: boolean;
  /**
   * How a State holds it; missing for f32. Frozen parameters alone have a storage type: their values are cast to f32 where they
   * are used, those of `i8` times a scale for each output channel.
   */
  storage?: StorageDType;
  /** The axis of its output channels, each of which has a scale of its own in `i8`. Default 0. */
  readonly channelAxis?: number;
  readonly init: Initializer;
}

/** A tensor of a model that no gradient changes: running statistics, or a table that is computed once. */
export interface ModelBuffer extends TensorSpec {
  /** Dotted, as PyTorch names it: `features.1.running_mean`. */
  readonly name: string;
  readonly dtype: 'f32';
  /** True if it is saved with the weights. One that is not is made again by `init`. */
  readonly persistent: boolean;
  readonly init: Initializer;
}

/** Symbolic fields of a batch, by name. */
export type BatchTensors = Readonly<Record<string, Tensor>>;

/**
 * The outputs of a model by name, e.g. `logits f32[B, T, V]`. Where these are the product of `hidden f32[B, T, C]`
 * and `headWeight f32[V, C]`, a language model gives these too, so that a loss need not have all logits in memory.
 */
export type ModelOutputs = Readonly<Record<string, Tensor>>;

/** A parameter tree and the graph it takes part in. A model holds no numbers: those live in a {@link State}. */
export interface Model<Config = unknown> {
  /** Plain data; enough to build the model again. */
  readonly config: Config;
  /** All parameters, in a fixed order, each tensor once: a tied name is an alias, not an entry. */
  readonly parameters: readonly Parameter[];
  /** All buffers, in a fixed order. They live in the same State as the parameters. */
  readonly buffers: readonly ModelBuffer[];
  /** Names under which another parameter is also known, e.g. a tied head: alias → name. */
  readonly aliases: Readonly<Record<string, string>>;
  /** The mode of forward passes that do not name one: true if it is `train`. */
  readonly training: boolean;
  /** Makes `train` the mode of forward passes that do not name one. */
  train(): this;
  /** Makes `eval` the mode of forward passes that do not name one. */
  eval(): this;
  /** Writes the forward pass into a graph. The model stays as it is. */
  forward(g: GraphBuilder, batch: BatchTensors, options?: ForwardOptions): ModelOutputs;
}

/** How a forward pass is written. */
export interface ForwardOptions {
  /**
   * In `train`, dropout is applied, and batch norm uses and updates batch statistics; in `eval`, neither. Default: what
   * {@link Model.train} or {@link Model.eval} chose last.
   */
  readonly mode?: 'train' | 'eval';
  /** False for the model as it was before adapters were added, for example as the reference of a loss. Default true. */
  readonly adapters?: boolean;
}

/** A language model that reads tokens from left to right, and can keep what it computed for those it has read. */
export interface CausalLm<Config extends CausalLmConfig = CausalLmConfig> extends Model<Config> {
  /**
   * The hidden states of tokens, `x i32[B, T]` → `f32[B, T, C]`. Where several documents stand in a row, the batch says
   * so: `documents i32[B, T]`, an id for each token, which attends to tokens of the same id only, and
   * `positions i32[B, T]`, which begin at 0 in each.
   */
  hiddenStates(g: GraphBuilder, batch: BatchTensors, options?: ForwardOptions): Tensor;
  /** Specs of the keys and values kept for `rows` sequences of up to `length` tokens. */
  cacheSpecs(rows: number, length: number): TensorSpecs;
  /**
   * The hidden states of tokens, `x i32[n, T]` at `positions i32[n, T]` → `f32[n, T, C]`. Each token is cached, in place of
   * what was there, and attends to what is cached for its row up to its own position. Rows stand at positions of their own.
   * Position −1 marks padding: it is not cached, and what comes out for it is of no use.
   */
  forwardCached(g: GraphBuilder, inputs: CachedInputs, options?: ForwardOptions): Tensor;
  /** Hidden states `f32[…, C]` → logits `f32[…, V]`. */
  head(g: GraphBuilder, hidden: Tensor, options?: ForwardOptions): Tensor;
}

/** The inputs of {@link CausalLm.forwardCached}. */
export interface CachedInputs {
  readonly x: Tensor;
  readonly positions: Tensor;
  /** Tokens that a row of the cache has room for. */
  readonly length: number;
  /** The rows of the cache that tokens belong to. Default: all, in order. */
  readonly rows?: CachedRows;
}

/** Some rows of a cache. */
export interface CachedRows {
  /** `i32[n]`: no row twice, unless as padding. */
  readonly index: Tensor;
  /** Rows that the cache has. */
  readonly of: number;
}

/** The settings that every decoder has. */
export interface CausalLmConfig {
  readonly blockSize: number;
  readonly vocabSize: number;
}
