import type {
  BatchTensors,
  CachedInputs,
  CausalLm,
  GraphBuilder,
  ModelOutputs,
  Tensor,
  TensorSpecs,
} from '@attune/core';
import { normal } from '../../init/initializers.js';
import { documentMask, type AttentionContext } from '../../layers/attend.js';
import { Embedding } from '../../layers/embedding.js';
import { keyValueSpecs, KvCache } from '../../layers/kv-cache.js';
import { Linear } from '../../layers/linear.js';
import { RmsNorm } from '../../layers/rms-norm.js';
import { Module } from '../../module/module.js';
import { RootModule } from '../../module/root-module.js';
import { checkTokens } from '../check-tokens.js';
import { LlamaLayer } from './block.js';
import { llamaConfig, type LlamaConfig, type LlamaOptions } from './config.js';
import { RotaryEmbedding, type Rotation } from './rotary.js';

class Transformer extends Module {
  readonly embed_tokens: Embedding;
  readonly layers: readonly LlamaLayer[];
  readonly norm: RmsNorm;
  readonly rotary_emb: RotaryEmbedding;

  constructor(config: LlamaConfig) {
    super();
    this.embed_tokens = new Embedding(config.vocabSize, config.nEmbd, normal(config.initializerRange));
    this.layers = Array.from({ length: config.nLayer }, (_, layer) => new LlamaLayer(config, layer));
    this.norm = new RmsNorm(config.nEmbd, config.rmsNormEpsilon);
    this.rotary_emb = new RotaryEmbedding(config.rope, config.headDim, config.blockSize);
  }

  forward(g: GraphBuilder, x: Tensor, rotation: Rotation, context: AttentionContext): Tensor {
    const embedded = this.embed_tokens.forward(g, x);
    return this.norm.forward(
      g,
      this.layers.reduce(
        (hidden, layer) => g.segment(() => layer.forward(g, hidden, rotation, context)),
        embedded,
      ),
    );
  }
}

/** A decoder of Llama's kind. See {@link llama}. */
export class LlamaModel extends RootModule implements CausalLm<LlamaConfig> {
  private readonly model: Transformer;
  private lm_head?: Linear;
  #config: LlamaConfig;

  constructor(config: LlamaConfig) {
    super();
    this.#config = config;
    this.model = new Transformer(config);
    if (!config.tieEmbeddings) this.untie();
    this.refresh();
  }

  get config(): LlamaConfig {
    return this.#config;
  }

  get aliases(): Readonly<Record<string, string>> {
    return this.lm_head ? {} : { 'lm_head.weight': 'model.embed_tokens.weight' };
  }

  /** Gives the head a weight of its own, `lm_head.weight`, where it shares the token embedding. */
  untie(): void {
    const { nEmbd, vocabSize, initializerRange } = this.#config;
    const init = normal(initializerRange);
    this.lm_head ??= new Linear(nEmbd, vocabSize, { bias: false, layout: 'out-in', init });
    this.#config = { ...this.#config, tieEmbeddings: false };
    this.refresh();
  }

  /** `x i32[B, T]` → `logits f32[B, T, V]`, for any T up to `blockSize`. In training with dropout, feeds `seed i32[]`. */
  forward(g: GraphBuilder, batch: BatchTensors): ModelOutputs & { readonly logits: Tensor } {
    const hidden = this.hiddenStates(g, batch);
    const { embed_tokens: embedding } = this.model;
    const headWeight = this.lm_head ? this.lm_head.plainWeight(g) : embedding.weight.on(g);
    return { logits: this.head(g, hidden), ...(headWeight && { hidden, headWeight }) };
  }

  hiddenStates(g: GraphBuilder, { x, positions, documents }: BatchTensors): Tensor {
    const [, length] = checkTokens(x, this.config);
    const { rotary_emb: rotary } = this.model;
    const rotation = positions ? rotary.at(g, positions) : rotary.firstRows(g, length);
    return this.model.forward(g, x!, rotation, { visible: documents && documentMask(g, documents) });
  }

  head(g: GraphBuilder, hidden: Tensor): Tensor {
    return this.lm_head ? this.lm_head.forward(g, hidden) : this.model.embed_tokens.project(g, hidden);
  }

  cacheSpecs(rows: number, length: number): TensorSpecs {
    const { nKvHead, headDim } = this.config;
    return keyValueSpecs(
      this.model.layers.map(({ self_attn }) => self_attn.path),
      [rows, nKvHead, length, headDim],
    );
  }

  forwardCached(g: GraphBuilder, { x, positions, length }: CachedInputs): Tensor {
    const cache = new KvCache(g, positions, length);
    return this.model.forward(g, x, this.model.rotary_emb.at(g, positions), { cache });
  }
}

/**
 * A decoder as Llama, Mistral, Qwen2, Qwen3 and SmolLM are: the configuration says which parts it has. Initialised as
 * transformers does: normal with standard deviation `initializerRange`, norms 1, biases 0.
 *
 * Source: Touvron et al., "LLaMA" (2023); Ainslie et al., "GQA" (2023); transformers, `modeling_llama.py` and its kin.
 *
 * @throws AttuneError INVALID_CONFIG.
 */
export function llama(options: LlamaOptions): LlamaModel {
  return new LlamaModel(llamaConfig(options));
}
