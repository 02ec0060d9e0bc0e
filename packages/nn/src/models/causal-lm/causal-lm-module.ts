import type {
  BatchTensors,
  CachedInputs,
  CausalLm,
  CausalLmConfig,
  ForwardOptions,
  GraphBuilder,
  ModelOutputs,
  Tensor,
  TensorSpecs,
} from '@attune/core';
import { documentMask, type AttentionContext } from '../../layers/attend.js';
import type { Embedding } from '../../layers/embedding.js';
import { FixedKvCache } from '../../layers/fixed-kv-cache.js';
import type { KvCache } from '../../layers/kv-cache.js';
import type { Linear } from '../../layers/linear.js';
import { RootModule } from '../../module/root-module.js';
import { checkTokens } from './check-tokens.js';

/** Configuration of a model whose head may be its token embedding. */
export interface TiableConfig extends CausalLmConfig {
  readonly tieEmbeddings?: boolean;
}

/** Outputs of a causal language model. */
export type CausalLmOutputs = ModelOutputs & { readonly logits: Tensor };

/**
 * A causal language model, whose head is its token embedding or a linear layer of its own, `lm_head`. A model says which
 * its token embedding is, and how it computes hidden states; the rest of the contract follows.
 */
export abstract class CausalLmModule<Config extends TiableConfig>
  extends RootModule<CausalLmOutputs>
  implements CausalLm<Config>
{
  // Set when the head is untied: it comes after the parameters of the body.
  declare protected lm_head?: Linear;
  #config: Config;

  constructor(config: Config) {
    super();
    this.#config = config;
  }

  get config(): Config {
    return this.#config;
  }

  get aliases(): Readonly<Record<string, string>> {
    return this.lm_head ? {} : { 'lm_head.weight': this.tokenEmbedding.weight.name };
  }

  protected abstract readonly tokenEmbedding: Embedding;

  /** A head for this model, in the place of its token embedding. */
  protected abstract newHead(): Linear;

  /**
   * Hidden states: `x i32[B, T]` → `f32[B, T, C]`.
   *
   * @param positions `i32[B, T]`; 0, 1, 2, … if not given.
   */
  protected abstract transform(
    g: GraphBuilder,
    x: Tensor,
    positions: Tensor | undefined,
    context: AttentionContext,
  ): Tensor;

  abstract cacheSpecs(rows: number, length: number): TensorSpecs;

  /** Gives the head a weight of its own, `lm_head.weight`, where it shares the token embedding. */
  untie(): void {
    this.lm_head ??= this.newHead();
    this.#config = { ...this.#config, tieEmbeddings: false };
    this.refresh();
  }

  /** `x i32[B, T]` → `logits f32[B, T, V]`, for any T up to `blockSize`. In training with dropout, feeds `seed i32[]`. */
  protected build(g: GraphBuilder, batch: BatchTensors): CausalLmOutputs {
    const hidden = this.hiddenStates(g, batch);
    const headWeight = this.lm_head ? this.lm_head.plainWeight(g) : this.tokenEmbedding.weight.on(g);
    return { logits: this.head(g, hidden), ...(headWeight && { hidden, headWeight }) };
  }

  hiddenStates(g: GraphBuilder, batch: BatchTensors, options?: ForwardOptions): Tensor {
    const { x, positions, documents } = batch;
    checkTokens(x, this.config);
    return this.within(g, options, () =>
      this.transform(g, x!, positions, { visible: documents && documentMask(g, documents) }),
    );
  }

  forwardCached(
    g: GraphBuilder,
    { x, positions, length, rows }: CachedInputs,
    options?: ForwardOptions,
  ): Tensor {
    // Padding has no position, but is embedded like the first token.
    const own = { x, positions: g.select(g.less(positions, 0), 0, positions) };
    return this.forwardWith(g, new FixedKvCache(positions, length, rows), own, options);
  }

  /**
   * The hidden states of tokens, `x i32[B, T]` at `positions i32[B, T]` → `f32[B, T, C]`, with a cache of any kind: it
   * says which of the tokens it keeps each one attends to.
   */
  forwardWith(
    g: GraphBuilder,
    cache: KvCache,
    { x, positions }: Pick<CachedInputs, 'x' | 'positions'>,
    options?: ForwardOptions,
  ): Tensor {
    return this.within(g, options, () => this.transform(g, x, positions, { cache }));
  }

  head(g: GraphBuilder, hidden: Tensor, options?: ForwardOptions): Tensor {
    return this.within(g, options, () =>
      this.lm_head ? this.lm_head.forward(g, hidden) : this.tokenEmbedding.project(g, hidden),
    );
  }
}
